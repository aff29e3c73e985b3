import { readFileSync } from 'node:fs';
import { isMap, isScalar, type Pair, parseDocument, type YAMLMap } from 'yaml';

export const CHART = new URL('../helm/millrace/', import.meta.url);

/** A key of the chart's values.yaml. */
export interface Value {
  readonly key: string;
  /** From the top: `image.registry`. */
  readonly path: string;
  /** The comment above it; empty: none. */
  readonly comment: string;
  /** What is written there. */
  readonly standard: unknown;
  /** The keys below it, in order; empty: it is a leaf, which may be an empty mapping. */
  readonly below: readonly Value[];
}

/** The chart's values as they stand in its file, with their comments. @throws Error when it is no YAML. */
export function chartValues(): readonly Value[] {
  const document = parseDocument(readFileSync(new URL('values.yaml', CHART), 'utf8'));
  if (document.errors.length > 0) throw document.errors[0]!;
  return valuesOf(document.contents as YAMLMap, '', document.commentBefore ?? '');
}

function valuesOf(map: YAMLMap, parent: string, above: string): readonly Value[] {
  return (map.items as Pair[]).map((pair, number) => {
    const key = String(isScalar(pair.key) ? pair.key.value : pair.key);
    const path = parent === '' ? key : `${parent}.${key}`;
    const own = isScalar(pair.key) ? pair.key.commentBefore : null;
    // What stands above a mapping's first key belongs to the mapping.
    const comment = own ?? (number === 0 ? (map.commentBefore ?? above) : '');
    const inner = isMap(pair.value) ? pair.value : null;
    return {
      key,
      path,
      comment: comment.replaceAll(/\s+/g, ' ').trim(),
      standard: (pair.value as { toJSON(): unknown } | null)?.toJSON() ?? null,
      below: inner === null || inner.flow ? [] : valuesOf(inner, path, ''),
    };
  });
}
