/**
 * A value as plain JSON data that loses nothing: what JSON can't hold becomes
 * `{ "$long" | "$bytes" | "$double": text }`; an object that looks like one, `{ "$object": … }`.
 */
export function tagged(value: unknown): unknown {
  if (typeof value === 'bigint') return { $long: value.toString() };
  if (typeof value === 'number') {
    return Number.isFinite(value) && !Object.is(value, -0)
      ? value
      : { $double: Object.is(value, -0) ? '-0' : String(value) };
  }
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return { $bytes: base64(value) };
  if (Array.isArray(value)) return value.map(tagged);
  const entries = Object.entries(value);
  // Not assigned one by one: a map of the user's may have the key __proto__.
  const object = Object.fromEntries(entries.map(([key, inner]) => [key, tagged(inner)]));
  return entries.length === 1 && entries[0]![0].startsWith('$') ? { $object: object } : object;
}

/** Takes what `tagged` gave. Throws where it was something else. */
export function untagged(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(untagged);
  const entries = Object.entries(value);
  const only = entries.length === 1 ? entries[0]! : null;
  if (only?.[0].startsWith('$')) return untaggedOne(only[0], only[1]);
  return Object.fromEntries(entries.map(([key, inner]) => [key, untagged(inner)]));
}

function untaggedOne(mark: string, content: unknown): unknown {
  switch (mark) {
    case '$long':
      return BigInt(content as string);
    case '$double':
      return Number(content);
    case '$bytes':
      return Buffer.from(content as string, 'base64');
    case '$object':
      return Object.fromEntries(
        Object.entries(content as object).map(([key, inner]) => [key, untagged(inner)]),
      );
    default:
      throw new Error(`"${mark}" is no mark of tagged JSON`);
  }
}

export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
