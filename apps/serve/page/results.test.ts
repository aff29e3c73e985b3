import { expect, test } from '@jest/globals';
import { createResults, MAX_ALERTS } from './results.js';

const windowRow = (group: string, revision = 1) => ({
  name: 'w',
  group,
  start: 0,
  end: 60_000,
  revision,
  final: false,
  values: { total: revision },
});
const alertRow = (n: number) => ({ id: `a${n}`, time: n }) as never;

/** An API that answers when the test says so. */
function api() {
  const asked: { url: string; answer: (body: unknown) => void; fail: (error: unknown) => void }[] = [];
  const faults: unknown[] = [];
  const results = createResults('/p', {
    ask: (url, init) =>
      new Promise((resolve, reject) => {
        init?.signal?.addEventListener('abort', () => reject(init.signal!.reason));
        asked.push({ url, answer: resolve, fail: reject });
      }),
    onChange: () => {},
    onFault: (error) => faults.push(error),
  });
  results.setWindow('w');
  return {
    results,
    faults,
    asked,
    /** Answers everything asked for so far: by the part of the address that names the list. */
    async answer(lists: Record<string, unknown[]>, next: string | null = null) {
      for (const { url, answer } of asked.splice(0)) {
        const list = /^\/p\/(\w+)/.exec(url)![1]!;
        answer({ rows: lists[list] ?? [], next: list === 'windows' ? next : null });
      }
      await new Promise(setImmediate);
    },
  };
}

test('what the stream says while the lists are being read is not lost', async () => {
  const { results, answer } = api();
  void results.read([]);
  results.apply('windows', [windowRow('A', 5), { ...windowRow('B'), name: 'other' }]);
  results.apply('removed', ['e1']);
  results.apply('alerts', [alertRow(2)]);
  expect(results.isReading()).toBe(true);
  await answer({
    windows: [windowRow('A', 4), windowRow('C')],
    alerts: [alertRow(1)],
    deadletters: [{ id: 'e1', time: 0 }],
  });
  expect(results.isReading()).toBe(false);
  expect(results.rows.groups().sort()).toEqual(['A', 'C']);
  expect(results.rows.chart(['A'], 'total', -Infinity).series[0]!.latest.revision).toBe(5);
  expect(results.alerts.list().map(({ id }) => id)).toEqual(['a2', 'a1']);
  expect(results.letters.list()).toEqual([]);
});

test('after a new reading only what it says is there; until then the old stays', async () => {
  const { results, answer } = api();
  void results.read([]);
  await answer({ windows: [windowRow('A')], alerts: [alertRow(1)] });
  void results.read([]);
  expect(results.rows.groups()).toEqual(['A']);
  await answer({ windows: [windowRow('B')], alerts: [alertRow(2)] });
  expect(results.rows.groups()).toEqual(['B']);
  expect(results.alerts.list().map(({ id }) => id)).toEqual(['a2']);
});

test('all pages are read up to a bound, then the groups that are looked at', async () => {
  const { results, answer, asked } = api();
  void results.read(['x/y']);
  const urls: string[] = [];
  for (let turn = 0; turn < 20 && asked.length > 0; turn++) {
    urls.push(...asked.map(({ url }) => url));
    await answer({}, turn < 15 ? 'more' : null);
  }
  const windows = urls.filter((url) => url.startsWith('/p/windows/w?order=newest'));
  expect(windows.filter((url) => !url.includes('group='))).toHaveLength(6);
  expect(windows.filter((url) => url.includes('group=x%2Fy'))).toHaveLength(5);
});

test('a reading that another one overtook changes nothing and is no fault', async () => {
  const { results, answer, faults, asked } = api();
  const first = results.read([]);
  const late = asked.splice(0);
  void results.read([]);
  await answer({ windows: [windowRow('B')] });
  for (const { answer: give } of late) give({ rows: [windowRow('A')], next: null });
  await first;
  expect(results.rows.groups()).toEqual(['B']);
  expect(faults).toEqual([]);
});

test('a failed reading is told, and leaves what was there', async () => {
  const { results, answer, faults, asked } = api();
  void results.read([]);
  await answer({ windows: [windowRow('A')] });
  const reading = results.read([]);
  asked.splice(0)[0]!.fail(new Error('away'));
  await reading;
  expect(faults).toMatchObject([{ message: 'away' }]);
  expect(results.rows.groups()).toEqual(['A']);
  expect(results.isReading()).toBe(false);
});

test('alerts are bounded: the newest stay', () => {
  const { results } = api();
  results.apply(
    'alerts',
    Array.from({ length: 3 * MAX_ALERTS }, (_, n) => alertRow(n)),
  );
  expect(results.alerts.size()).toBe(MAX_ALERTS);
  expect(results.alerts.list()[0]!.id).toBe(`a${3 * MAX_ALERTS - 1}`);
});
