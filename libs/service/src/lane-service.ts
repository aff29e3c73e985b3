import { randomUUID } from 'node:crypto';
import type { LaneStages } from '@millrace/lanes/lane-stages';
import { type EventLog, LaneStopped } from '@millrace/lanes/ports/log';
import type { ResultStore } from '@millrace/lanes/ports/results';
import type { SharedValues } from '@millrace/lanes/ports/shared-values';
import type { StateStore } from '@millrace/lanes/ports/state';
import { traceFields } from '@millrace/lanes/trace-context';
import { startWorkers, type WorkerStage } from '@millrace/lanes/workers';
import type { Catalogue } from '@millrace/pipeline/catalogue';
import {
  openBackbone,
  openResults,
  openState,
  resultsWhenNeeded,
  sharedWhenThere,
  waitFor,
} from './adapters/backbone.ts';
import type { ExitCode } from './exit-codes.ts';
import { startReporter } from './reporter.ts';
import { runService, type Started } from './run-service.ts';
import type { ServiceContext } from './service-context.ts';

type LaneServiceName = 'validate' | 'enrich' | 'aggregate' | 'route';

export interface LaneServiceDefinition {
  readonly name: LaneServiceName;
  readonly catalogue?: Catalogue;
  /** The stages that this service runs, with what they stand on opened. */
  stages(context: ServiceContext): Promise<Partial<LaneStages>>;
}

/** The two of aggregate are one service: the merge has its groups' whole windows from aggregate's lanes. */
const RUNS: Readonly<Record<LaneServiceName, readonly WorkerStage[]>> = {
  validate: ['validate'],
  enrich: ['enrich'],
  aggregate: ['aggregate', 'merge'],
  route: ['route'],
};
/** What a stage reads, where `startWorkers` names only the stage. */
const READS: Readonly<Record<string, string>> = {
  validate: 'raw',
  enrich: 'validated',
  aggregate: 'enriched',
  merge: 'partials',
};
/** While it has the lanes nobody else can end what waits in them: it lets go and starts again. */
const ENDS_SERVICE: ReadonlySet<string> = new Set(['plan_changed']);

/** Runs a service that works on lanes. */
export function runLaneService({ name, catalogue, stages }: LaneServiceDefinition): Promise<ExitCode> {
  return runService({
    name,
    ...(catalogue !== undefined && { catalogue }),
    start: async (context) => startLanes(context, name, await stages(context)),
  });
}

async function startLanes(
  context: ServiceContext,
  name: LaneServiceName,
  stages: Partial<LaneStages>,
): Promise<Started> {
  const { plan, clock, board, measures, metrics, tracer, logger } = context;
  const { log, generation, codec } = await openBackbone(context);
  const { state, shared } = await statePorts(context, name);
  const results: ResultStore = name === 'route' ? await openResults(context) : resultsWhenNeeded(context);
  const merges = plan.windows.some(({ local }) => !local);
  const consumer = await startWorkers(
    {
      plan,
      generation,
      log: board.observe(joining(context, metrics.calls.log(log))),
      state: metrics.calls.state(state),
      results: metrics.calls.results(results),
      codec,
      clock,
      stages: withAbsent(stages),
      measures,
      tracer,
      newToken: randomUUID,
      onSaved: board.saved,
      onRetry(stage, lane, err, trace = null) {
        metrics.retried(stage);
        logger.warn(
          { err, stage, lane, ...traceFields(trace) },
          'something did not answer; it is tried again',
        );
      },
    },
    RUNS[name].filter((stage) => stage !== 'merge' || merges),
    (stage, lane, error) => {
      if (error instanceof LaneStopped && ENDS_SERVICE.has(error.code)) context.fail(error);
      const reads = READS[stage];
      if (reads !== undefined) board.stopped(stage, `${plan.pipeline}.${reads}`, lane, error);
    },
  );
  const reporter = startReporter(context, { shared, generation });
  return {
    async drain() {
      await consumer.close();
      await reporter.close();
    },
  };
}

/** Brokers that go away just when a group is joined are waited for, as at any other time. */
function joining(context: ServiceContext, log: EventLog): EventLog {
  return { ...log, consume: (options) => waitFor(context, 'Kafka', () => log.consume(options)) };
}

interface StatePorts {
  readonly state: StateStore;
  readonly shared: SharedValues;
}

/** Only aggregate has state; the others only say how they are. */
async function statePorts(context: ServiceContext, name: LaneServiceName): Promise<StatePorts> {
  if (name === 'aggregate') return openState(context);
  const absent = async () => {
    throw new TypeError(`${name} has no state`);
  };
  return {
    state: { takeOver: absent, checkpoint: absent, remove: absent },
    shared: sharedWhenThere(context),
  };
}

function withAbsent(stages: Partial<LaneStages>): LaneStages {
  const absent = (name: string) => () => {
    throw new TypeError(`this service does not run ${name}`);
  };
  return {
    validate: absent('validate'),
    enrich: absent('enrich'),
    aggregate: absent('aggregate'),
    merge: absent('merge'),
    route: absent('route'),
    sinks: new Map(),
    ...stages,
  };
}
