import type { Receipt } from '@millrace/ingest/receiver';
import type { WorkerStage } from '@millrace/lanes/workers';
import type { Plan } from '@millrace/pipeline/plan';
import { createRandom, type Random } from '../random.ts';
import { type Clients, startClients } from '../workload/clients.ts';
import { contentsOf } from '../workload/files.ts';
import { type Script, writeScript } from '../workload/script.ts';
import { chooseSettings, type Settings } from '../workload/settings.ts';
import type { SimulatedProcess } from '../world/process.ts';
import { createCodecs } from './codec.ts';
import { type IngestProcess, startIngestProcess } from './ingest-process.ts';
import { startLosses } from './losses.ts';
import { MOODS } from './moody-table.ts';
import { ALL_STAGES, someStages, startNemesis } from './nemesis.ts';
import { createOperator } from './operator.ts';
import { compilePipeline } from './pipeline.ts';
import { type Service, startService } from './service.ts';
import { createSimulatedWorld, type SimulatedWorld } from './simulated-world.ts';

/** A run of the stages in processes of their own, from a seed to the quiet at its end. */
export interface UnfusedRun {
  readonly settings: Settings;
  readonly script: Script;
  readonly plan: Plan;
  readonly world: SimulatedWorld;
  readonly answered: ReadonlyMap<string, Receipt>;
  /** What must not have happened: lanes that stopped, or a run that found no end. */
  readonly faults: readonly string[];
  readonly repeats: number;
}

const TROUBLE_MS = 25_000;
const SETTLE_MS = 8_000;
const TASKS_MAX = 400_000;

export async function runUnfused(seed: number): Promise<UnfusedRun> {
  const cluster = createCluster(seed);
  const { world, settings, script, plan, faults } = cluster;
  const { scheduler } = world;
  const reach = (what: string, done: () => boolean) =>
    scheduler.run(done, TASKS_MAX).then((reached) => reached || faults.push(`never came to this: ${what}`));

  const clients = cluster.begin();
  await reach('the end of the trouble', () => scheduler.now() >= TROUBLE_MS);
  cluster.settle();
  await reach('all files read and requests answered', () => cluster.isRead() && clients.open() === 0);
  const closed = scheduler.now() + closingMs(settings);
  await reach('windows closed by silence', () => scheduler.now() >= closed);
  cluster.restart();
  if (await scheduler.run(() => false, TASKS_MAX)) faults.push('no end');
  const repeats = cluster.services.reduce((sum, { measures }) => sum + measures.repeats, 0);
  return { settings, script, plan, world, answered: clients.answered, faults, repeats };
}

function closingMs({ idleMs, outOfOrderMs, windows }: Settings): number {
  const longest = Math.max(...windows.map(({ sizeMs, latenessMs }) => sizeMs + latenessMs));
  return idleMs + outOfOrderMs + longest + SETTLE_MS;
}

function createCluster(seed: number) {
  const choices = createRandom(seed);
  const settings = chooseSettings(choices.fork('settings'));
  const world = createSimulatedWorld(seed, settings.lanes, choices.fork('batches').between(1, 8));
  const { random, scheduler } = world;
  const script = writeScript(settings, random.fork('script'));
  const plan = compilePipeline(settings);
  const files = contentsOf(script.files);
  const services: Service[] = [];
  const ingests: IngestProcess[] = [];
  const faults: string[] = [];
  let isLost = () => false;
  const onStopped = (what: string) => {
    if (!(isLost() && what.includes('no saved state'))) faults.push(what);
  };
  const openCodec = createCodecs(plan);
  const options = { world, plan, openCodec, generation: 0, moods: MOODS, onStopped };

  function start(stages: readonly WorkerStage[]): void {
    services.push(startService(options, `service${services.length}`, stages));
  }

  function startIngest(): void {
    ingests.push(startIngestProcess({ world, plan, openCodec, files, onFailed }, `ingest${ingests.length}`));
  }

  /** Somebody takes its place, unless somebody has. */
  function onFailed(): void {
    scheduler.after(scheduler.delay(1000), 'restart', () => running(ingests).length > 0 || startIngest());
  }

  return {
    settings,
    script,
    plan,
    world,
    services,
    faults,
    begin(): Clients {
      const trouble = random.fork('trouble');
      world.setFaults(faultsOf(trouble), logFaultsOf(trouble));
      start(ALL_STAGES);
      for (let more = random.below(3); more > 0; more--) start(someStages(random));
      startIngest();
      const nemesis = startNemesis({
        world,
        random: random.fork('nemesis'),
        untilMs: TROUBLE_MS,
        start,
        services() {
          if (running(services).length === 0) start(ALL_STAGES);
          return running(services);
        },
        startIngest,
        replaySomething: createOperator(world, settings.lanes, openCodec).replaySomething,
        ingests: () => running(ingests),
      });
      isLost = startLosses(world, plan, options.generation, TROUBLE_MS, random.fork('losses'));
      world.whenSaved((key) => key.startsWith('sim/ingest/') && nemesis.ingestPromised());
      const receiver = () => running(ingests).at(-1)?.receiver() ?? null;
      return startClients(scheduler, script.requests, receiver, nemesis.ingestPromised);
    },
    /** No more trouble: who was paused goes on, and everything has somebody to do it. */
    settle(): void {
      world.calm();
      for (const { process } of [...services, ...ingests]) process.resume();
      start(ALL_STAGES);
      if (running(ingests).length === 0) startIngest();
    },
    isRead: () => ingests.some((ingest) => ingest.isFinished()),
    /** Ingest ends; everybody else leaves to one who takes all lanes over, as they were saved. */
    restart(): void {
      for (const ingest of ingests) ingest.drain();
      for (const service of services) service.close();
      start(ALL_STAGES);
    },
  };
}

function running<T extends { readonly process: SimulatedProcess }>(all: readonly T[]): T[] {
  return all.filter(({ process }) => process.state === 'running');
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
