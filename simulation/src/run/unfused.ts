import type { LaneCodec } from '@millrace/lanes/lane-codec';
import type { WorkerStage } from '@millrace/lanes/workers';
import type { Plan } from '@millrace/pipeline/plan';
import type { Random } from '../random.ts';
import { createIngestMemory, type IngestMemory, isExhausted, startIngest } from '../workload/ingest.ts';
import { type Script, writeScript } from '../workload/script.ts';
import { chooseSettings, type Settings } from '../workload/settings.ts';
import { createClock } from '../world/clock.ts';
import { createProcess, type SimulatedProcess } from '../world/process.ts';
import { jsonCodec } from './json-codec.ts';
import { ALL_STAGES, someStages, startNemesis } from './nemesis.ts';
import { compilePipeline } from './pipeline.ts';
import { type Service, startService } from './service.ts';
import { createSimulatedWorld, type SimulatedWorld } from './simulated-world.ts';

/** A run of the stages in processes of their own, from a seed to the quiet at its end. */
export interface UnfusedRun {
  readonly settings: Settings;
  readonly script: Script;
  readonly plan: Plan;
  readonly codec: LaneCodec;
  readonly world: SimulatedWorld;
  readonly memory: IngestMemory;
  /** What must not have happened: lanes that stopped, or a run that found no end. */
  readonly faults: readonly string[];
  readonly repeats: number;
}

const TROUBLE_MS = 25_000;
const SETTLE_MS = 8_000;
const TASKS_MAX = 400_000;

export async function runUnfused(seed: number): Promise<UnfusedRun> {
  const cluster = createCluster(seed);
  const { world, settings } = cluster;
  cluster.begin();
  const troubled = world.scheduler;
  await troubled.run(() => troubled.now() >= TROUBLE_MS, TASKS_MAX);
  cluster.settle();
  const { script, memory } = cluster;
  const faults = [...cluster.faults];
  if (!(await troubled.run(() => isExhausted(script, memory), TASKS_MAX)))
    faults.push('ingest never finished');
  // As long as it takes until every window is closed by silence.
  const closing =
    settings.idleMs + settings.outOfOrderMs + Math.max(...settings.windows.map(spanOf)) + SETTLE_MS;
  const until = troubled.now() + closing;
  await troubled.run(() => troubled.now() >= until, TASKS_MAX);
  memory.quiet = true;
  if (await troubled.run(() => false, TASKS_MAX)) faults.push('no end');
  const repeats = cluster.services.reduce((sum, { measures }) => sum + measures.repeats, 0);
  return { ...cluster, faults: [...cluster.faults, ...faults], repeats };
}

function spanOf({ sizeMs, latenessMs }: Settings['windows'][number]): number {
  return sizeMs + latenessMs;
}

function createCluster(seed: number) {
  const choices = createSimulatedWorld(seed, 1, 1).random;
  const settings = chooseSettings(choices.fork('settings'));
  const world = createSimulatedWorld(seed, settings.lanes, choices.fork('batches').between(1, 8));
  const { random } = world;
  const script = writeScript(settings, random.fork('script'));
  const plan = compilePipeline(settings);
  const codec = jsonCodec;
  const memory = createIngestMemory();
  const services: Service[] = [];
  const ingests: { process: SimulatedProcess }[] = [];
  const faults: string[] = [];
  const options = { world, plan, codec, generation: 0, onStopped: (what: string) => faults.push(what) };

  const running = <T extends { process: SimulatedProcess }>(all: T[]) =>
    all.filter(({ process }) => process.state === 'running');

  function start(stages: readonly WorkerStage[]): void {
    services.push(startService(options, `service${services.length}`, stages));
  }

  function beginIngest(): void {
    const process = createProcess(`ingest${ingests.length}`);
    ingests.push({ process });
    const clock = createClock(world.network, process, random.between(-300, 300));
    startIngest({
      settings,
      script,
      memory,
      log: world.logOf(process),
      clock,
      random: random.fork(process.name),
      now: world.scheduler.now,
      encode: (flow) => codec.encodeFlow('raw', flow),
    });
  }

  return {
    settings,
    script,
    plan,
    codec,
    world,
    memory,
    services,
    faults,
    begin() {
      const trouble = random.fork('trouble');
      world.setFaults(faultsOf(trouble), logFaultsOf(trouble));
      start(ALL_STAGES);
      for (let more = random.below(3); more > 0; more--) start(someStages(random));
      beginIngest();
      startNemesis({
        world,
        random: random.fork('nemesis'),
        untilMs: TROUBLE_MS,
        start,
        services() {
          if (running(services).length === 0) start(ALL_STAGES);
          return running(services);
        },
        startIngest: beginIngest,
        ingests: () => (running(ingests).length > 0 ? running(ingests) : ingests),
      });
    },
    /** No more trouble: who was paused goes on, and everything has somebody to do it. */
    settle() {
      world.calm();
      for (const { process } of [...services, ...ingests]) process.resume();
      start(ALL_STAGES);
      if (running(ingests).length === 0) beginIngest();
    },
  };
}

/** Some runs are rough, some mild: a bug may hide behind too much noise as well as behind too little. */
function faultsOf(random: Random) {
  const most = random.pick([0.01, 0.04, 0.1]);
  return { refused: random.next() * most, unanswered: random.next() * most, late: random.next() * most };
}

function logFaultsOf(random: Random) {
  const most = random.pick([0, 0.03, 0.1]);
  return { prefix: random.next() * most, doubled: random.next() * most, wrongFirst: random.next() * most };
}
