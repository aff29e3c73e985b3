import { expect, test } from '@jest/globals';
import { openTables, tableKinds } from '@millrace/enrich/tables';
import { compile } from '@millrace/pipeline/compile';
import { catalogue } from '../catalogue.ts';
import { paymentFiles } from '../fixtures/payments.ts';
import { mismatches } from './expectation.ts';
import { runCase } from './run-case.ts';

const LATE = `
  - name: late
    given:
      - event: { payment_id: early, card: A, paid_at: 2026-03-01T10:00:00Z }
      - event: { payment_id: newest, card: B, paid_at: 2026-03-01T10:05:00Z }
      - event: { payment_id: late, card: A, paid_at: 2026-03-01T10:00:30Z }
    expect:
      deadletters: [{ code: late, eventId: late }]
`;

test('a source that the case does not use holds no window open', async () => {
  const files = paymentFiles({
    'api: { http: {} }': 'api: { http: {} }\n  other: { http: {} }',
    'event.shop.city': 'event.card',
  });
  const { plan, faults } = compile({
    path: 'pipeline.yaml',
    text: files['pipeline.yaml'] + LATE,
    load: (path) => files[path.slice(path.lastIndexOf('/') + 1)] ?? null,
    functions: { doubled: (amount: number) => amount * 2 },
    catalogue,
  });
  expect(faults).toEqual([]);
  const opened = await openTables({ ...plan!, tables: [] }, tableKinds, () => {});
  const late = plan!.cases.at(-1)!;
  const noShops = { ...plan!, enrich: [] };
  expect(mismatches(late.expect, await runCase(noShops, opened, late))).toEqual([]);
});
