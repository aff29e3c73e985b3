import type { Flow } from '@millrace/lanes/flow';
import { startFused } from '@millrace/lanes/fused';
import type { LaneStages } from '@millrace/lanes/lane-stages';
import { createMeasures } from '@millrace/lanes/measures';
import type { LogRecord } from '@millrace/lanes/ports/log';
import type { AggregateOutput, MergeInput } from '@millrace/lanes/stage';
import type { Plan } from '@millrace/pipeline/plan';
import type { ObservedPartial } from '../check/observed.ts';
import { createClock } from '../world/clock.ts';
import { createFusedDisk, createFusedStore, type FusedDisk } from '../world/fused.ts';
import { createProcess } from '../world/process.ts';
import { createRegistry, type RegistryServer } from '../world/registry.ts';
import { createCodecs, type OpenCodec } from './codec.ts';
import { createMoodyTable } from './moody-table.ts';
import { laneStages } from './service.ts';
import { createSimulatedWorld, type SimulatedWorld } from './simulated-world.ts';

/** A fused run over raw records that were written before, with crashes, from a seed to the quiet at its end. */
export interface FusedOutcome {
  readonly world: SimulatedWorld;
  readonly disk: FusedDisk;
  /** What each merge has been given, in its order. */
  readonly partials: readonly (readonly ObservedPartial[])[];
  readonly faults: readonly string[];
}

export interface FusedRunOptions {
  readonly seed: number;
  readonly plan: Plan;
  readonly registry: RegistryServer;
  /** By lane. */
  readonly raw: readonly (readonly LogRecord[])[];
}

const FEED_MS = 400;
const FEED_MAX = 12;
const CRASH_MS = 3000;
const CRASHES_MAX = 6;
const TASKS_MAX = 200_000;
/** Every look-up gets the one answer: nothing else says what it was. */
const STEADY = 1;

export async function runFused({ seed, plan, registry, raw }: FusedRunOptions): Promise<FusedOutcome> {
  const world = createSimulatedWorld(seed, plan.lanes, 1 + (seed % 12));
  const { scheduler } = world;
  const random = world.random.fork('fused');
  const disk = createFusedDisk();
  const merged: ObservedPartial[][] = raw.map(() => []);
  const faults: string[] = [];
  const fed = raw.map(() => 0);
  const surroundings = { world, plan, openCodec: createCodecs(plan), registry, disk, merged, faults };
  let life = openLife(surroundings, 0);

  function feed(): void {
    const lane = random.below(raw.length);
    const records = raw[lane]!.slice(fed[lane]!, fed[lane]! + random.between(1, FEED_MAX));
    fed[lane]! += records.length;
    if (records.length > 0) world.broker.append('sim.raw', lane, records);
    if (!isFed()) scheduler.after(scheduler.delay(FEED_MS), 'feed', feed);
  }

  function crash(left: number): void {
    life.process.crash();
    life = openLife(surroundings, left);
    if (left > 0) scheduler.after(scheduler.delay(CRASH_MS), 'crash', () => crash(left - 1));
  }

  const isFed = () => fed.every((count, lane) => count === raw[lane]!.length);
  scheduler.after(1, 'feed', feed);
  scheduler.after(scheduler.delay(CRASH_MS), 'crash', () => crash(random.below(CRASHES_MAX)));
  const done = () => faults.length > 0 || (isFed() && life.isThrough());
  if (!(await scheduler.run(done, TASKS_MAX))) faults.push('fused: never came to the end of raw');
  life.stop();
  if (await scheduler.run(() => false, TASKS_MAX)) faults.push('fused: no end');
  return { world, disk, partials: merged, faults };
}

interface Surroundings {
  readonly world: SimulatedWorld;
  readonly plan: Plan;
  readonly openCodec: OpenCodec;
  readonly registry: RegistryServer;
  readonly disk: FusedDisk;
  readonly merged: readonly ObservedPartial[][];
  readonly faults: string[];
}

/** The process from one start to its crash. */
function openLife({ world, plan, openCodec, registry, disk, merged, faults }: Surroundings, life: number) {
  const { network, broker, results, random } = world;
  const process = createProcess(`fused${life}`);
  const clock = createClock(network, process, 0);
  const table = createMoodyTable(network, process, random, STEADY);
  let run: Awaited<ReturnType<typeof startFused>> | null = null;

  async function live(): Promise<void> {
    const codec = await openCodec(createRegistry(network, registry, process), clock);
    run = await startFused({
      plan,
      generation: 0,
      log: world.logOf(process),
      store: createFusedStore(network, disk, broker, results, process),
      clock,
      stages: overheard(laneStages(plan, new Map([['places', table]])), merged),
      measures: createMeasures(),
      decodeRaw(record, seq) {
        const decoded = codec.decodeFlow('raw', record, seq);
        if (decoded.kind !== 'value') throw new Error(`raw ${seq} is ${decoded.kind}`);
        return decoded.value;
      },
    });
    await run.finished;
  }

  live().catch((error: Error) => faults.push(`${process.name}: ${error.stack}`));
  return {
    process,
    isThrough: () =>
      run !== null &&
      broker.topics().length > 0 &&
      run.lanes.every((lane) => lane.offset === broker.bounds('sim.raw', lane.lane).end),
    stop: () => run?.stop(),
  };
}

/**
 * Notes what the merges are given, and how far the lane was that told it. Their places are counted in their state: what
 * a crash undid is told anew, perhaps otherwise, and takes the place of what was noted.
 */
function overheard(stages: LaneStages, merged: readonly ObservedPartial[][]): LaneStages {
  let merges = 0;
  let lanes = 0;
  const taken = new Map<number, number>();
  return {
    ...stages,
    aggregate(counts) {
      const lane = lanes++;
      const aggregate = stages.aggregate(counts);
      const process = aggregate.process.bind(aggregate);
      return Object.assign(aggregate, {
        process(record: Flow, out: AggregateOutput) {
          taken.set(lane, record.seq);
          process(record, out);
        },
      });
    },
    merge() {
      const heard = merged[merges++]!;
      const merge = stages.merge();
      return {
        ...(merge.state && { state: merge.state }),
        process(input: MergeInput, out) {
          heard.length = input.seq;
          heard.push({
            seq: input.seq,
            from: input.lane,
            record: input.record,
            after: taken.get(input.lane)!,
          });
          merge.process(input, out);
        },
      };
    },
  };
}
