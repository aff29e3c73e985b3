/** Equality of values: numbers by value (64-bit integers too), lists, maps and records by their contents. */
export function equals(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (left === null || right === null || left === undefined || right === undefined) {
    return (left ?? null) === (right ?? null);
  }
  if (typeof left === 'bigint' || typeof right === 'bigint') return Number(left) === Number(right);
  if (typeof left !== 'object' || typeof right !== 'object') return false;
  if (left instanceof Uint8Array) {
    return (
      right instanceof Uint8Array &&
      left.length === right.length &&
      left.every((byte, i) => byte === right[i])
    );
  }
  if (Array.isArray(left)) {
    return (
      Array.isArray(right) && left.length === right.length && left.every((item, i) => equals(item, right[i]))
    );
  }
  const names = Object.keys(left);
  if (Array.isArray(right) || names.length !== Object.keys(right).length) return false;
  return names.every(
    (name) =>
      Object.hasOwn(right, name) &&
      equals((left as Record<string, unknown>)[name], (right as Record<string, unknown>)[name]),
  );
}
