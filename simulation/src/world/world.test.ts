import { expect, test } from '@jest/globals';
import type { LogBatch, LogRecord } from '@millrace/lanes/ports/log';
import { createSimulatedWorld, type SimulatedWorld } from '../run/simulated-world.ts';
import { createProcess, type SimulatedProcess } from './process.ts';
import { createStateStore } from './state.ts';

const TASKS_MAX = 10_000;
const ROUGH = { refused: 0.1, unanswered: 0.2, late: 0.2 };

const record = (text: string): LogRecord => ({ value: new TextEncoder().encode(text), timestampMs: 0 });
const textOf = ({ value }: LogRecord) => new TextDecoder().decode(value);
const held = (world: SimulatedWorld) => world.broker.read('t', 0, 0, 1000).records.map(textOf);

async function rest(world: SimulatedWorld): Promise<void> {
  await world.scheduler.run(() => false, TASKS_MAX);
}

/** Sends 0 … 29 one after another, each until it is acknowledged. */
async function sendAll(world: SimulatedWorld, process: SimulatedProcess): Promise<void> {
  const log = world.logOf(process);
  for (let i = 0; i < 30; i++) {
    for (let acknowledged = false; !acknowledged; ) {
      acknowledged = await log.append('t', 0, [record(`${i}`)]).then(
        () => true,
        () => false,
      );
    }
  }
}

async function roughRun(seed: number): Promise<SimulatedWorld> {
  const world = createSimulatedWorld(seed, 1, 5);
  world.setFaults(ROUGH, { prefix: 0.1, doubled: 0.1, wrongFirst: 0 });
  void sendAll(world, createProcess('sender'));
  await rest(world);
  return world;
}

test('a seed repeats its run exactly, another one makes another run', async () => {
  const [first, again, other] = [await roughRun(1), await roughRun(1), await roughRun(2)];
  expect(again.scheduler.trace()).toBe(first.scheduler.trace());
  expect(held(again)).toEqual(held(first));
  expect(other.scheduler.trace()).not.toBe(first.scheduler.trace());
});

test('what is sent until it is acknowledged arrives in order, with repeats', async () => {
  const world = await roughRun(3);
  const seen = held(world).map(Number);
  expect(seen.length).toBeGreaterThan(30);
  expect(seen.filter((value, i) => seen.indexOf(value) === i)).toEqual(
    Array.from({ length: 30 }, (_, i) => i),
  );
});

test('a crashed process hears nothing more; a paused one hears everything later', async () => {
  const world = createSimulatedWorld(1, 1, 5);
  const heard: string[] = [];
  const [crashing, pausing] = [createProcess('crashing'), createProcess('pausing')];
  for (const process of [crashing, pausing]) {
    void world
      .logOf(process)
      .append('t', 0, [record(process.name)])
      .then(() => heard.push(process.name));
  }
  crashing.crash();
  pausing.pause();
  await rest(world);
  expect(held(world).sort()).toEqual(['crashing', 'pausing']);
  expect(heard).toEqual([]);
  pausing.resume();
  await rest(world);
  expect(heard).toEqual(['pausing']);
});

test('a paused member loses its lane, goes on with it as a zombie, and joins again', async () => {
  const world = createSimulatedWorld(5, 1, 1);
  const processes = [createProcess('first'), createProcess('second')];
  const takenOver: string[] = [];
  const read: string[] = [];
  for (const process of processes) {
    await world.logOf(process).consume({
      group: 'g',
      topic: 't',
      takeOver: async () => {
        takenOver.push(process.name);
        return {
          from: 0,
          batch: async ({ records }: LogBatch) => void read.push(`${process.name} ${records.map(textOf)}`),
          released: () => undefined,
        };
      },
      onStopped: () => undefined,
    });
  }
  world.broker.append('t', 0, [record('a')]);
  await rest(world);
  const owner = processes.find(({ name }) => name === takenOver.at(-1))!;
  const other = processes.find((process) => process !== owner)!;
  owner.pause();
  world.groups.get('g')!.rebalance();
  await rest(world);
  expect(takenOver.at(-1)).toBe(other.name);
  world.broker.append('t', 0, [record('b')]);
  await rest(world);
  expect(read.at(-1)).toBe(`${other.name} b`);
  owner.resume();
  world.broker.append('t', 0, [record('c')]);
  await rest(world);
  expect(read.filter((line) => line.startsWith(owner.name))).toContain(`${owner.name} b`);
});

test('the state store refuses whoever does not build on what it holds', async () => {
  const world = createSimulatedWorld(1, 1, 1);
  const store = createStateStore(world.network, world.state, createProcess('worker'));
  const checkpoint = (token: string, base: number, value: string) => ({
    token,
    base,
    head: `${base}`,
    puts: new Map([[value, new Uint8Array()]]),
    deletes: [],
  });
  async function story() {
    const answers: unknown[] = [await store.takeOver('k', 'one')];
    answers.push(await store.checkpoint('k', checkpoint('one', 0, 'a')));
    answers.push(await store.checkpoint('k', checkpoint('one', 1, 'b')));
    world.state.goBack(1);
    answers.push(await store.checkpoint('k', checkpoint('one', 2, 'c')));
    const saved = await store.takeOver('k', 'two');
    answers.push(saved?.number, [...saved!.entries.keys()].join());
    answers.push(await store.checkpoint('k', checkpoint('one', 1, 'd')));
    return answers;
  }
  const told = story();
  await rest(world);
  expect(await told).toEqual([null, true, true, false, 1, 'a', false]);
});
