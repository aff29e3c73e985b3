import { isDeepStrictEqual } from 'node:util';
import { systemClock } from '@millrace/lanes/ports/clock';
import type { SavedState } from '@millrace/lanes/ports/state';
import { createForgetfulDisk } from '@millrace/testkit/forgetful-disk';
import { deadLetterRowOf, windowRowOf } from '@millrace/testkit/result-rows';
import { seeded } from '@millrace/testkit/seeded';
import { type AdapterOptions, type Adapters, createAdapters } from '../adapters.ts';
import type { Disk } from '../disk.ts';

const LANES = 2;
const TOPIC = 'raw';
const MAX_TURNS = 80;
const FUSED_IN_FLIGHT = 3;
const ENTRIES = 12;
const NOW_MS = Date.now();
const SILENT = { info: () => {}, warn: () => {}, error: () => {} };
const OPTIONS: AdapterOptions = {
  folder: 'memory',
  lanes: LANES,
  readonly: false,
  keepMs: 3_600_000,
  clock: systemClock,
  logger: SILENT,
};

/** What a process had been told, and had seen, when the power went. */
interface Told {
  /** Per lane: texts appended, in order, and how many of them were acknowledged. */
  readonly lanes: readonly { readonly sent: string[]; acknowledged: number; seen: readonly string[] }[];
  /** Number of the last acknowledged step of each kind; the steps are numbered from 1. */
  position: number;
  checkpoint: number;
  fused: number;
  row: number;
  removed: boolean;
  removing: boolean;
  readonly schemas: Map<number, unknown>;
  /** The process is dead: its loops end. */
  over: boolean;
}

/**
 * Works on all ports at once, cuts the power at some moment, and looks at what is left.
 * @returns what was acknowledged, or seen, and is gone; nothing for a sound store.
 */
export async function cutPowerOnce(seed: number): Promise<string[]> {
  const random = seeded(seed);
  const disk = createForgetfulDisk(random);
  const told: Told = {
    lanes: Array.from({ length: LANES }, () => ({ sent: [], acknowledged: 0, seen: [] })),
    position: 0,
    checkpoint: 0,
    fused: 0,
    row: 0,
    removed: false,
    removing: false,
    schemas: new Map(),
    over: false,
  };
  void createAdapters(disk satisfies Disk, OPTIONS).then((ports) => workOn(ports, told, random));
  const turns = Math.floor(random() * MAX_TURNS);
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
  told.over = true;
  const survivor = disk.cutPower();
  const after = await createAdapters(survivor satisfies Disk, OPTIONS);
  const faults = [
    ...(await checkLog(after, told)),
    ...(await checkStates(after, told)),
    ...(await checkResults(after, told)),
  ];
  await after.close();
  return faults.map((fault) => `seed ${seed}: ${fault}`);
}

function workOn(ports: Adapters, told: Told, random: () => number): void {
  for (let lane = 0; lane < LANES; lane++) void append(ports, told, lane, random);
  void read(ports, told);
  void commit(ports, told);
  void checkpoint(ports, told);
  for (let i = 0; i < FUSED_IN_FLIGHT; i++) void fuse(ports, told, random);
  void write(ports, told);
  void discard(ports, told);
  void register(ports, told);
}

async function append({ log }: Adapters, told: Told, number: number, random: () => number): Promise<void> {
  const lane = told.lanes[number]!;
  while (!told.over) {
    const texts = Array.from({ length: 1 + Math.floor(random() * 5) }, (_, i) =>
      String(lane.sent.length + i),
    );
    lane.sent.push(...texts);
    await log.append(TOPIC, number, texts.map(record));
    lane.acknowledged += texts.length;
  }
}

async function read(ports: Adapters, told: Told): Promise<void> {
  while (!told.over) {
    for (const [number, lane] of told.lanes.entries()) lane.seen = await textsIn(ports, TOPIC, number);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function commit({ log }: Adapters, told: Told): Promise<void> {
  for (let offset = 1; !told.over; offset++) {
    await log.commit('group', TOPIC, 0, { offset, metadata: `m${offset}` });
    told.position = offset;
  }
}

async function checkpoint({ state }: Adapters, told: Told): Promise<void> {
  for (let number = 1; !told.over; number++) {
    if (number % 4 === 1) await state.takeOver('lane', `token ${number >> 2}`);
    await state.checkpoint('lane', {
      token: `token ${(number - 1) >> 2}`,
      base: number - 1,
      ...step(number),
    });
    told.checkpoint = number;
  }
}

/** Several run at once and take numbers from one count. */
const fusedCounts = new WeakMap<Told, number>();

async function fuse({ fused }: Adapters, told: Told, random: () => number): Promise<void> {
  while (!told.over) {
    const number = (fusedCounts.get(told) ?? 0) + 1;
    fusedCounts.set(told, number);
    const version = { position: number, revision: 1 };
    await fused.commit({
      states: new Map([['fused', step(number)]]),
      rows: [windowRowOf('fused', 0, { version, revision: number })],
      outputs: [{ topic: 'outputs', lane: 0, records: [record(String(number))] }],
    });
    told.fused = Math.max(told.fused, number);
    if (random() < 0.3) await new Promise((resolve) => setImmediate(resolve));
  }
}

async function write({ results }: Adapters, told: Told): Promise<void> {
  for (let number = 1; !told.over; number++) {
    const version = { position: number, revision: 1 };
    await results.write([windowRowOf('A', 0, { version, revision: number })]);
    told.row = number;
  }
}

async function discard({ results }: Adapters, told: Told): Promise<void> {
  const row = deadLetterRowOf('e', 0);
  await results.write([row]);
  told.removing = true;
  await results.removeDeadLetter(row.pipeline, row.id);
  told.removed = true;
  while (!told.over) await results.write([row]);
}

async function register({ registry }: Adapters, told: Told): Promise<void> {
  for (let i = 0; !told.over; i++) {
    const schema = { type: 'fixed', name: `F${i}`, size: 1 + i };
    told.schemas.set(await registry.register(`subject ${i}`, schema), schema);
  }
}

async function checkLog(ports: Adapters, told: Told): Promise<string[]> {
  const faults: string[] = [];
  for (const [number, lane] of told.lanes.entries()) {
    const found = await textsIn(ports, TOPIC, number);
    if (!isDeepStrictEqual(found, lane.sent.slice(0, found.length)))
      faults.push(`lane ${number} holds ${found}`);
    if (found.length < lane.acknowledged) {
      faults.push(`lane ${number}: ${lane.acknowledged} were acknowledged, ${found.length} are there`);
    }
    if (found.length < lane.seen.length) {
      faults.push(`lane ${number}: ${lane.seen.length} had been read, ${found.length} are there`);
    }
  }
  const position = await ports.log.committed('group', TOPIC, 0);
  if ((position?.offset ?? 0) < told.position) faults.push(`position ${told.position} is gone`);
  for (const [id, schema] of told.schemas) {
    if (!isDeepStrictEqual(await ports.registry.schema(id), schema)) faults.push(`schema ${id} is gone`);
  }
  return faults;
}

async function checkStates(ports: Adapters, told: Told): Promise<string[]> {
  const faults: string[] = [];
  const saved = await ports.state.takeOver('lane', 'after');
  const fused = (await ports.fused.load()).get('fused') ?? null;
  for (const [name, state, acknowledged] of [
    ['checkpoint', saved, told.checkpoint],
    ['fused commit', fused, told.fused],
  ] as const) {
    if ((state?.number ?? 0) < acknowledged) faults.push(`${name} ${acknowledged} is gone`);
    if (state && !isSum(state)) faults.push(`${name} ${state.number} is not the sum of its steps`);
  }
  const number = fused?.number ?? 0;
  const expected = Array.from({ length: number }, (_, i) => String(i + 1));
  const outputs = await textsIn(ports, 'outputs', 0);
  if (!isDeepStrictEqual(outputs, expected))
    faults.push(`fused commit ${number} stands beside outputs ${outputs}`);
  const [row] = await windowsOf(ports, 'fused');
  if ((row?.revision ?? 0) !== number)
    faults.push(`fused commit ${number} stands beside row ${row?.revision}`);
  return faults;
}

async function checkResults(ports: Adapters, told: Told): Promise<string[]> {
  const faults: string[] = [];
  const [row] = await windowsOf(ports, 'A');
  if ((row?.revision ?? 0) < told.row) faults.push(`row ${told.row} is gone, ${row?.revision} is there`);
  const deadLetter = deadLetterRowOf('e', 0);
  const { rows } = await ports.results.deadLetters({ pipeline: deadLetter.pipeline, limit: 9 });
  if (told.removed && rows.length > 0) faults.push('a removed dead letter is back');
  if (told.removing && !told.removed && rows.length > 1) faults.push('a dead letter is there twice');
  return faults;
}

/** Step n sets one entry, and takes another one away. */
function step(number: number) {
  return {
    head: `head ${number}`,
    puts: new Map([[`entry ${number % ENTRIES}`, Buffer.from(String(number))]]),
    deletes: [`entry ${(number * 5 + 1) % ENTRIES}`].filter((name) => name !== `entry ${number % ENTRIES}`),
  };
}

function isSum({ number, head, entries }: SavedState): boolean {
  const expected = new Map<string, string>();
  for (let i = 1; i <= number; i++) {
    const { puts, deletes } = step(i);
    for (const [name, value] of puts) expected.set(name, value.toString());
    for (const name of deletes) expected.delete(name);
  }
  const found = new Map([...entries].map(([name, value]) => [name, Buffer.from(value).toString()]));
  return head === `head ${number}` && isDeepStrictEqual(found, expected);
}

function record(text: string) {
  return { value: Buffer.from(text), timestampMs: NOW_MS };
}

async function textsIn({ log }: Adapters, topic: string, lane: number): Promise<string[]> {
  const { records } = await log.read(topic, lane, 0, 100_000);
  return records.map(({ value }) => Buffer.from(value).toString());
}

async function windowsOf({ results }: Adapters, group: string) {
  const query = { pipeline: 'payments', name: 'card_velocity', group, limit: 9 };
  return (await results.windows(query)).rows;
}
