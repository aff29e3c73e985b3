/** What differs between two lists, told so that a person finds the first place; empty when nothing does. */
export function differences(
  what: string,
  expected: readonly unknown[],
  actual: readonly unknown[],
): string[] {
  const wanted = expected.map(line);
  const found = actual.map(line);
  for (let i = 0; i < Math.max(wanted.length, found.length); i++) {
    if (wanted[i] === found[i]) continue;
    const onlyOrder = [...wanted].sort().join() === [...found].sort().join() ? ' (only the order)' : '';
    return [
      `${what}: ${i} of ${wanted.length} as expected${onlyOrder}, then\n` +
        `    expected ${wanted[i] ?? 'nothing'}\n    found    ${found[i] ?? 'nothing'}`,
    ];
  }
  return [];
}

/** The same, whatever the order. */
export function setDifferences(
  what: string,
  expected: readonly unknown[],
  actual: readonly unknown[],
): string[] {
  const sorted = (items: readonly unknown[]) => items.map(line).sort();
  return differences(what, sorted(expected), sorted(actual));
}

/** Fields by name, so that two objects with the same fields read the same; −∞ stays visible. */
function line(value: unknown): string {
  if (typeof value === 'string') return value;
  return JSON.stringify(value, (_, item: unknown) => {
    if (typeof item === 'number' && !Number.isFinite(item)) return String(item);
    if (item === null || typeof item !== 'object' || Array.isArray(item)) return item;
    return Object.fromEntries(Object.entries(item).sort(([left], [right]) => (left < right ? -1 : 1)));
  });
}
