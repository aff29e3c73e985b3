import { expect, test } from '@jest/globals';
import { planOf, tableOf } from '@millrace/testkit/plans';
import type { Table, TableKind } from './table.ts';
import { openTables, tableKinds } from './tables.ts';

/** A table whose opening or refreshing a test decides. */
function kindOf(open: () => Promise<Table>): Readonly<Record<string, TableKind>> {
  return { file: { name: 'file', summary: '', settings: {}, open } };
}

async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 5_000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error('did not come about within 5 s');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

const quiet = () => {};

test('kinds have the names that they are listed under', () => {
  for (const [name, kind] of Object.entries(tableKinds)) expect(kind.name).toBe(name);
});

test('everything that is wrong with the tables is said at once, and what was opened is closed', async () => {
  let closed = 0;
  const kinds = {
    ...kindOf(async () => ({ get: () => null, close: async () => void closed++ })),
    broken: { name: 'broken', summary: '', settings: {}, open: () => Promise.reject(new Error('is broken')) },
  };
  const tables = [tableOf('a', { kind: 'broken' }), tableOf('b'), tableOf('c', { kind: 'nothing' })];
  await expect(openTables(planOf({ tables }), kinds, quiet)).rejects.toThrow(
    'is broken\ntable c: this program has no tables of kind nothing',
  );
  expect(closed).toBe(1);
});

const plan = planOf({ tables: [tableOf('a', { refreshMs: 1 })] });

test('a table is refreshed at its pace; one that fails warns and is tried again', async () => {
  let refreshes = 0;
  const warnings: string[] = [];
  const kinds = kindOf(async () => ({
    get: () => null,
    async refresh() {
      refreshes += 1;
      if (refreshes === 1) throw new Error('table a: torn');
    },
  }));
  const { close } = await openTables(plan, kinds, (message) => warnings.push(message));
  await until(() => refreshes >= 3);
  await close();
  expect(warnings).toEqual(['table a: torn (the rows read before stay in use)']);
});

test('nothing is refreshed once the tables are closed', async () => {
  const counting = () => {
    const counter = { refreshes: 0 };
    const refresh = async () => void counter.refreshes++;
    return { counter, kinds: kindOf(async () => ({ get: () => null, refresh })) };
  };
  const [first, second] = [counting(), counting()];
  const closed = await openTables(plan, first.kinds, quiet);
  const open = await openTables(plan, second.kinds, quiet);
  await until(() => first.counter.refreshes > 0);
  await closed.close();
  const { refreshes } = first.counter;
  await until(() => second.counter.refreshes > 10);
  expect(first.counter.refreshes).toBe(refreshes);
  await open.close();
});
