import { createMerge } from '@millrace/aggregate/merge';
import { createAggregate } from '@millrace/aggregate/stage';
import { createEnrich } from '@millrace/enrich/stage';
import type { Table } from '@millrace/enrich/table';
import type { LaneStages } from '@millrace/lanes/lane-stages';
import { createMeasures, type Measures } from '@millrace/lanes/measures';
import type { Consumer } from '@millrace/lanes/ports/log';
import type { ResultStore } from '@millrace/lanes/ports/results';
import type { WorkerOptions } from '@millrace/lanes/worker-options';
import { startWorkers, type WorkerStage } from '@millrace/lanes/workers';
import type { Plan } from '@millrace/pipeline/plan';
import { sinkKinds } from '@millrace/route/sinks';
import { createRoute } from '@millrace/route/stage';
import { createValidate } from '@millrace/validate/stage';
import { chooseSkew, createClock } from '../world/clock.ts';
import { createProcess, type SimulatedProcess } from '../world/process.ts';
import { createRegistry } from '../world/registry.ts';
import { createResultStore } from '../world/results.ts';
import { createStateStore } from '../world/state.ts';
import type { OpenCodec } from './codec.ts';
import { createMoodyTable } from './moody-table.ts';
import type { SimulatedWorld } from './simulated-world.ts';

/** A process that runs some of the stages, as a pod does. */
export interface Service {
  readonly process: SimulatedProcess;
  readonly stages: readonly WorkerStage[];
  readonly measures: Measures;
  /** Leaves as on SIGTERM. */
  close(): void;
}

export interface ServiceOptions {
  readonly world: SimulatedWorld;
  readonly plan: Plan;
  readonly openCodec: OpenCodec;
  readonly generation: number;
  /** How many answers its look-ups may get. */
  readonly moods: number;
  onStopped(what: string): void;
}

export function startService(options: ServiceOptions, name: string, stages: readonly WorkerStage[]): Service {
  const { world, plan, openCodec, generation, moods } = options;
  const { network, random } = world;
  const process = createProcess(name);
  const measures = createMeasures();
  const clock = createClock(network, process, chooseSkew(random));
  const table = createMoodyTable(network, process, random.fork(name), moods);
  let tokens = 0;
  let consumer: Consumer | null = null;
  let closing = false;

  async function start(): Promise<void> {
    const codec = await openCodec(createRegistry(network, world.registry, process), clock);
    const workers: WorkerOptions = {
      plan,
      generation,
      log: world.logOf(process),
      state: createStateStore(network, world.state, process),
      results: createResultStore(network, world.results, process) as ResultStore,
      codec,
      clock,
      stages: laneStages(plan, new Map([['places', table]])),
      measures,
      newToken: () => `${name}-${tokens++}`,
    };
    consumer = await startWorkers(workers, stages, (stage, lane, error) =>
      options.onStopped(`${name}: ${stage} lane ${lane}: ${error.stack}`),
    );
    if (closing) await consumer.close();
  }

  start().catch((error: Error) => options.onStopped(`${name}: ${error.stack}`));
  return {
    process,
    stages,
    measures,
    close() {
      closing = true;
      void consumer?.close();
    },
  };
}

export function laneStages(plan: Plan, tables: ReadonlyMap<string, Table>): LaneStages {
  return {
    validate: (counts) => createValidate(plan, counts),
    enrich: () => createEnrich(plan, tables),
    aggregate: (counts) => createAggregate(plan, counts),
    merge: () => createMerge(plan),
    route: () => createRoute(plan, sinkKinds),
    sinks: new Map(),
  };
}
