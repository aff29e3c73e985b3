/** One kind of output that isn't as the case expects; a line of text each. */
export interface Mismatch {
  readonly what: string;
  readonly lines: readonly string[];
}

/** Outputs named where something came that nothing was expected of. */
const SHOWN_MAX = 3;
const TOLERANCE = 1e-9;

/**
 * Each expected item must be matched by an output of its own, in any order; an item matches what has at least its
 * fields. An empty list wants none; a kind that isn't named is not looked at.
 */
export function mismatches(
  expected: Readonly<Record<string, readonly unknown[] | undefined>>,
  outputs: object,
): Mismatch[] {
  return Object.entries(expected).flatMap(([what, items]) => {
    if (items === undefined) return [];
    const actual = (outputs as Readonly<Record<string, readonly unknown[]>>)[what] ?? [];
    const lines = items.length === 0 ? unwanted(actual) : unmatched(items, actual);
    return lines.length === 0 ? [] : [{ what, lines }];
  });
}

function unwanted(actual: readonly unknown[]): string[] {
  if (actual.length === 0) return [];
  const more = actual.length - SHOWN_MAX;
  return [
    `wanted none, got ${actual.length}:`,
    ...actual.slice(0, SHOWN_MAX).map((item) => `+ ${shown(item)}`),
    ...(more > 0 ? [`  … and ${more} more`] : []),
  ];
}

function unmatched(expected: readonly unknown[], actual: readonly unknown[]): string[] {
  const takenBy = new Map<number, number>();
  const candidates = expected.map((item) =>
    actual.flatMap((other, i) => (differences(item, other).length === 0 ? [i] : [])),
  );
  const place = (item: number, tried: Set<number>): boolean =>
    candidates[item]!.some((i) => {
      if (tried.has(i)) return false;
      tried.add(i);
      const holder = takenBy.get(i);
      if (holder !== undefined && !place(holder, tried)) return false;
      takenBy.set(i, item);
      return true;
    });
  return expected.flatMap((item, i) => {
    if (place(i, new Set())) return [];
    if (candidates[i]!.length > 0) {
      return [
        `- ${shown(item)}`,
        `  is wanted more often than the ${candidates[i]!.length} times that it came`,
      ];
    }
    return [`- ${shown(item)}`, ...nearest(item, actual)];
  });
}

/** What came closest, and where it differs. */
function nearest(expected: unknown, actual: readonly unknown[]): string[] {
  if (actual.length === 0) return ['  nothing came'];
  const best = actual
    .map((item) => ({ item, differs: differences(expected, item) }))
    .reduce((left, right) => (right.differs.length < left.differs.length ? right : left));
  return [`+ ${shown(best.item)}`, ...best.differs.map((line) => `  ${line}`)];
}

/** Where `actual` isn't what is expected, one line each; empty: it matches. */
export function differences(expected: unknown, actual: unknown, path = ''): string[] {
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual) || actual.length !== expected.length) return [differs(path, expected, actual)];
    return expected.flatMap((item, i) => differences(item, actual[i], `${path}[${i}]`));
  }
  if (typeof expected === 'object' && expected !== null) {
    if (typeof actual !== 'object' || actual === null) return [differs(path, expected, actual)];
    const fields = actual as Readonly<Record<string, unknown>>;
    return Object.entries(expected).flatMap(([name, value]) =>
      differences(value, fields[name], path === '' ? name : `${path}.${name}`),
    );
  }
  return same(expected, actual) ? [] : [differs(path, expected, actual)];
}

function same(expected: unknown, actual: unknown): boolean {
  if (typeof actual === 'number') {
    // Times are milliseconds, and may be written as RFC 3339.
    const wanted = typeof expected === 'string' ? Date.parse(expected) : expected;
    return (
      typeof wanted === 'number' && Math.abs(wanted - actual) <= TOLERANCE * Math.max(1, Math.abs(actual))
    );
  }
  return expected === actual;
}

function differs(path: string, expected: unknown, actual: unknown): string {
  return `${path || 'it'} is ${actual === undefined ? 'absent' : shown(actual)}, wanted ${shown(expected)}`;
}

const SHOWN_LENGTH_MAX = 300;

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > SHOWN_LENGTH_MAX ? `${text.slice(0, SHOWN_LENGTH_MAX)}…` : text;
}
