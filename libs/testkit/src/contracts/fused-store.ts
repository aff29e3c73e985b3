import { expect } from '@jest/globals';
import type { FusedStore, FusedTransaction, StateDelta } from '@millrace/lanes/ports/fused';
import type { EventLog } from '@millrace/lanes/ports/log';
import type { ResultStore } from '@millrace/lanes/ports/results';
import type { SavedState } from '@millrace/lanes/ports/state';
import { windowRowOf } from '../result-rows.ts';
import { type ContractOptions, contract } from './suite.ts';

export interface FusedPorts {
  readonly fused: FusedStore;
  readonly log: EventLog;
  readonly results: ResultStore;
}

export interface FusedStoreFixture extends FusedPorts {
  /** The ports as another process finds them later, after a proper end of this one. */
  reopen(): Promise<FusedPorts>;
  close(): Promise<void>;
}

const NOW_MS = Date.now();
/** Longer than any test. */
const FOREVER_MS = 60_000;

type On = (title: string, run: (fixture: FusedStoreFixture) => Promise<void>) => void;

/** What every FusedStore promises. */
export function fusedStoreContract(
  name: string,
  make: () => Promise<FusedStoreFixture>,
  options: ContractOptions = {},
): void {
  contract(name, options, (check) => {
    const on: On = (title, run) =>
      check(title, async () => {
        const fixture = await make();
        try {
          await run(fixture);
        } finally {
          await fixture.close();
        }
      });
    commits(on);
    growth(on);
  });
}

function commits(on: On): void {
  on('nothing is saved at first', async ({ fused }) => {
    expect((await fused.load()).size).toBe(0);
  });

  on('states, rows and outputs of a commit are there together', async ({ fused, reopen }) => {
    await fused.commit(
      transaction({
        states: { 'lane 0': delta('at 3', { a: '1', b: '2' }), 'lane 1': delta('at 7', {}) },
        rows: [windowRowOf('A', 60_000)],
        outputs: ['one', 'two'],
      }),
    );
    const again = await reopen();
    expect(plain(await again.fused.load())).toEqual({
      'lane 0': { number: 1, head: 'at 3', entries: { a: '1', b: '2' } },
      'lane 1': { number: 1, head: 'at 7', entries: {} },
    });
    const { rows } = await again.results.windows({ pipeline: 'payments', name: 'card_velocity', limit: 9 });
    expect(rows).toEqual([windowRowOf('A', 60_000)]);
    const { records } = await again.log.read('outputs', 0, 0, 9);
    expect(records.map(({ value }) => Buffer.from(value).toString())).toEqual(['one', 'two']);
  });

  on('commits that do not wait for one another are applied in order', async ({ fused, log, reopen }) => {
    const all = Array.from({ length: 50 }, (_, i) =>
      fused.commit(
        transaction({
          states: {
            lane: delta(`at ${i}`, { last: String(i), [`entry ${i}`]: 'x' }, i > 0 ? [`entry ${i - 1}`] : []),
          },
          rows: [windowRowOf('A', 0, { version: { position: i, revision: 1 }, revision: i + 1 })],
          outputs: [String(i)],
        }),
      ),
    );
    await Promise.all(all);
    const { records } = await log.read('outputs', 0, 0, 100);
    expect(records.map(({ value }) => Number(Buffer.from(value).toString()))).toEqual(all.map((_, i) => i));
    const again = await reopen();
    expect(plain(await again.fused.load())).toEqual({
      lane: { number: 50, head: 'at 49', entries: { last: '49', 'entry 49': 'x' } },
    });
    const { rows } = await again.results.windows({ pipeline: 'payments', name: 'card_velocity', limit: 9 });
    expect(rows.map((row) => row.revision)).toEqual([50]);
  });

  on('a commit that can not be written fails, and so do those after it', async ({ fused, reopen }) => {
    await fused.commit(transaction({ states: { lane: delta('at 1', { a: '1' }) } }));
    const impossible = { topic: 'outputs', lane: -1, records: [] };
    const answers = await Promise.allSettled([
      fused.commit({
        ...transaction({ states: { lane: delta('at 2', { a: '2' }) } }),
        outputs: [impossible],
      }),
      fused.commit(transaction({ states: { lane: delta('at 3', { b: '3' }) } })),
    ]);
    expect(answers.map((answer) => answer.status)).toEqual(['rejected', 'rejected']);
    const later = fused.commit(transaction({ states: { lane: delta('at 4', { c: '4' }) } }));
    await expect(later).rejects.toThrow();
    expect(plain(await (await reopen()).fused.load())).toEqual({
      lane: { number: 1, head: 'at 1', entries: { a: '1' } },
    });
  });

  on('keeps large states through many commits', async ({ fused, reopen }) => {
    const expected: Record<string, string> = {};
    for (let round = 0; round < 30; round++) {
      const puts: Record<string, string> = {};
      for (let i = 0; i < 1_000; i++)
        puts[`entry ${(round * 389 + i * 13) % 9_000}`] = `${round}:${'y'.repeat(60)}`;
      Object.assign(expected, puts);
      await fused.commit(transaction({ states: { lane: delta(`at ${round}`, puts) } }));
    }
    const saved = plain(await (await reopen()).fused.load());
    expect(saved.lane?.number).toBe(30);
    expect(saved.lane?.entries).toEqual(expected);
  });
}

function growth(on: On): void {
  on('wakes when a lane of the topic grows', async ({ fused, log }) => {
    let woken = false;
    const waiting = fused.grown('raw', FOREVER_MS).then(() => {
      woken = true;
    });
    await log.append('other', 0, records('x'));
    expect(woken).toBe(false);
    await log.append('raw', 1, records('x'));
    await waiting;
  });

  on('remembers growth that came before the call, for one call', async ({ fused, log }) => {
    await fused.grown('raw', 1);
    await log.append('raw', 0, records('x'));
    await fused.grown('raw', FOREVER_MS);
    let woken = false;
    const next = fused.grown('raw', FOREVER_MS).then(() => {
      woken = true;
    });
    await log.append('other', 0, records('x'));
    expect(woken).toBe(false);
    await log.append('raw', 0, records('y'));
    await next;
  });

  on('what woke a call is seen by it alone', async ({ fused, log }) => {
    const waiting = fused.grown('raw', FOREVER_MS);
    await log.append('raw', 0, records('x'));
    await waiting;
    expect((await log.bounds('raw', 0)).end).toBe(1);
    let woken = false;
    const next = fused.grown('raw', FOREVER_MS).then(() => {
      woken = true;
    });
    await log.append('other', 0, records('x'));
    expect(woken).toBe(false);
    await log.append('raw', 0, records('y'));
    await next;
  });

  on('gives up after the time', async ({ fused }) => {
    await fused.grown('raw', 1);
  });
}

function transaction(parts: {
  readonly states?: Readonly<Record<string, StateDelta>>;
  readonly rows?: FusedTransaction['rows'];
  readonly outputs?: readonly string[];
}): FusedTransaction {
  const outputs = parts.outputs ? [{ topic: 'outputs', lane: 0, records: records(...parts.outputs) }] : [];
  return { states: new Map(Object.entries(parts.states ?? {})), rows: parts.rows ?? [], outputs };
}

function delta(
  head: string,
  puts: Readonly<Record<string, string>>,
  deletes: readonly string[] = [],
): StateDelta {
  const entries = Object.entries(puts).map(([name, value]) => [name, Buffer.from(value)] as const);
  return { head, puts: new Map(entries), deletes };
}

function records(...values: string[]) {
  return values.map((value) => ({ value: Buffer.from(value), timestampMs: NOW_MS }));
}

function plain(states: ReadonlyMap<string, SavedState>) {
  const all: Record<string, { number: number; head: string; entries: Record<string, string> }> = {};
  for (const [key, { number, head, entries }] of states) {
    const found: Record<string, string> = {};
    for (const [name, value] of entries) found[name] = Buffer.from(value).toString();
    all[key] = { number, head, entries: found };
  }
  return all;
}
