import { expect } from '@jest/globals';
import type { Page, ResultRow, ResultStore, TimeQuery, WindowQuery } from '@millrace/lanes/ports/results';
import { alertRowOf, deadLetterRowOf, eventRowOf, windowRowOf } from '../result-rows.ts';

/** Defines a check on a store without rows. */
export type On = (title: string, run: (results: ResultStore) => Promise<void>) => void;

export const pipeline = 'payments';
export const all = { pipeline, limit: 1_000 };
export const windowQuery: WindowQuery = { ...all, name: 'card_velocity' };

/** Rows that carry a number, to tell who wrote them. */
export function oneOfEach(number: number, version = { position: 1, revision: 1 }): ResultRow[] {
  return [
    windowRowOf('A', 0, { version, values: { mark: number } }),
    alertRowOf('a', 10, { version, value: number }),
    eventRowOf('e', 10, { version, event: { mark: number } }),
    deadLetterRowOf('d', 10, { version, message: String(number) }),
  ];
}

export function mark(row: ResultRow): number {
  switch (row.table) {
    case 'windows':
      return Number(row.values.mark);
    case 'alerts':
      return Number(row.value);
    case 'events':
      return Number(row.event.mark);
    case 'deadletters':
      return Number(row.message);
  }
}

export function readers(results: ResultStore): (() => Promise<Page<ResultRow>>)[] {
  return [
    () => results.windows(windowQuery),
    () => results.windows({ ...windowQuery, group: 'A' }),
    () => results.alerts(all),
    () => results.events(all),
    () => results.events({ ...all, key: 'A' }),
    () => results.deadLetters(all),
  ];
}

export function permutations(items: readonly number[]): number[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item) =>
    permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]),
  );
}

/** Pages of any size, one after another, come to the same as one that holds all. */
export async function expectPages<Query extends TimeQuery>(
  query: Query,
  read: (query: Query) => Promise<Page<ResultRow>>,
): Promise<void> {
  const whole = await read(query);
  expect(whole.next).toBeNull();
  expect(whole.rows.length).toBeGreaterThan(3);
  for (const limit of [1, 2, whole.rows.length - 1, whole.rows.length, whole.rows.length + 1]) {
    const rows: ResultRow[] = [];
    let after: string | null = null;
    do {
      const page: Page<ResultRow> = await read({ ...query, limit, ...(after !== null && { after }) });
      expect(page.rows.length).toBeLessThanOrEqual(limit);
      expect(page.rows.length > 0 || page.next === null).toBe(true);
      rows.push(...page.rows);
      expect(rows.length).toBeLessThanOrEqual(whole.rows.length);
      after = page.next;
    } while (after !== null);
    expect(rows).toEqual(whole.rows);
  }
}
