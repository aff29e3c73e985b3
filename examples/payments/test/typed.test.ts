import { expect, test } from '@jest/globals';
import { openTables, tableKinds } from '@millrace/enrich/tables';
import { mismatches } from '@millrace/millrace/cases/expectation';
import { runCase } from '@millrace/millrace/cases/run-case';
import type { Plan } from '@millrace/pipeline/plan';
import { compileText, compileTyped } from './compiled.ts';

test('pipeline.ts and pipeline.yaml are one plan', () => {
  expect(withoutFunctions(compileTyped())).toEqual(withoutFunctions(compileText()));
});

test('a function may read any field, so every field is read for it', () => {
  const { fieldsUsed, event } = compileTyped();
  expect(fieldsUsed).toMatchObject({ validate: null, aggregate: null, route: null });
  expect(event.ingestFields).toHaveLength(8);
  expect(compileText().fieldsUsed.route).toEqual(['amount', 'currency', 'flags']);
});

for (const [form, compiled] of Object.entries({
  'pipeline.yaml': compileText,
  'pipeline.ts': compileTyped,
})) {
  test.each(compileText().cases)(`${form}: $name`, async (each) => {
    const plan = compiled();
    const tables = await openTables(plan, tableKinds, () => {});
    try {
      expect(mismatches(each.expect, await runCase(plan, tables, each))).toEqual([]);
    } finally {
      await tables.close();
    }
  });
}

/** All but what must differ: the hashes, which cover the text; the fields read; and the cases, which only one has. */
function withoutFunctions(plan: Plan): unknown {
  const { hash, sections, fieldsUsed, cases, event, ...rest } = plan;
  const { ingestFields, ...ofEvent } = event;
  return plain({ ...rest, event: ofEvent });
}

function plain(value: unknown): unknown {
  if (typeof value === 'function') return 'a function';
  if (value instanceof Map) return [...value].map(plain);
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, plain(item)]));
}
