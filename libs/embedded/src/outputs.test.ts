import { afterEach, expect, test } from '@jest/globals';
import type { ResultRow } from '@millrace/lanes/ports/results';
import { alertRowOf, deadLetterRowOf, eventRowOf, windowRowOf } from '@millrace/testkit/result-rows';
import { openScratch } from './fixtures/scratch.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function open() {
  const scratch = await openScratch();
  closing.push(scratch.close);
  return scratch.embedded;
}

const TIME = 1_700_000_040_000;
const everyKind = (pipeline: string): ResultRow[] => [
  windowRowOf('A', TIME, { pipeline }),
  alertRowOf('a1', TIME, { pipeline }),
  eventRowOf('e1', TIME, { pipeline }),
  deadLetterRowOf('d1', TIME, { pipeline }),
];

type Ports = Awaited<ReturnType<typeof open>>;

async function compute(ports: Ports, pipeline: string): Promise<void> {
  const delta = { head: '{"offset":1}', puts: new Map([['w', new Uint8Array([1])]]), deletes: [] };
  const states = new Map([
    [`${pipeline}/lane/0`, delta],
    [`${pipeline}/merge/0`, delta],
  ]);
  await ports.fused.commit({ states, rows: everyKind(pipeline), outputs: [] });
}

async function found({ results }: Ports, pipeline: string): Promise<number[]> {
  const query = { pipeline, limit: 10 };
  const pages = await Promise.all([
    results.windows({ ...query, name: 'card_velocity' }),
    results.windows({ ...query, name: 'card_velocity', group: 'A' }),
    results.alerts(query),
    results.events(query),
    results.events({ ...query, key: 'A' }),
    results.deadLetters(query),
  ]);
  return pages.map(({ rows }) => rows.length);
}

test('states and results are forgotten; raw and other pipelines stay', async () => {
  const ports = await open();
  await ports.log.append('payments.raw', 0, [{ value: new Uint8Array([7]), timestampMs: TIME }]);
  await compute(ports, 'payments');
  await compute(ports, 'payments_eu');
  expect(await found(ports, 'payments')).toEqual([1, 1, 1, 1, 1, 1]);

  await ports.outputs.forget('payments');
  expect(await found(ports, 'payments')).toEqual([0, 0, 0, 0, 0, 0]);
  expect([...(await ports.fused.load()).keys()]).toEqual(['payments_eu/lane/0', 'payments_eu/merge/0']);
  expect(await found(ports, 'payments_eu')).toEqual([1, 1, 1, 1, 1, 1]);
  expect(await ports.log.bounds('payments.raw', 0)).toEqual({ start: 0, end: 1 });
  expect(ports.outputs.unfinished('payments')).toBe(false);
});

test('what is computed again is stored again, except dead letters that a person has dealt with', async () => {
  const ports = await open();
  await compute(ports, 'payments');
  await ports.results.removeDeadLetter('payments', deadLetterRowOf('d1', TIME).id);
  await ports.outputs.forget('payments');
  await compute(ports, 'payments');
  expect(await found(ports, 'payments')).toEqual([1, 1, 1, 1, 1, 0]);
});

test('one that was interrupted says so, also to the next process', async () => {
  const scratch = await openScratch();
  closing.push(scratch.close);
  await compute(scratch.embedded, 'payments');
  // The first step is on its way to the disk when the folder is closed; the next one is refused.
  const forgetting = scratch.embedded.outputs.forget('payments');
  const again = scratch.reopen();
  await expect(forgetting).rejects.toThrow(/closed/);
  const ports = await again;
  expect(ports.outputs.unfinished('payments')).toBe(true);
  await ports.outputs.forget('payments');
  expect(ports.outputs.unfinished('payments')).toBe(false);
  expect(await found(ports, 'payments')).toEqual([0, 0, 0, 0, 0, 0]);
});
