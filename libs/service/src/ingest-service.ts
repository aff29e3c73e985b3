import type { Flow } from '@millrace/lanes/flow';
import { readSchemaId } from '@millrace/lanes/lane-fields';
import type { Clock } from '@millrace/lanes/ports/clock';
import type { EventLog } from '@millrace/lanes/ports/log';
import type { Logger } from '@millrace/lanes/ports/logger';
import type { StateStore } from '@millrace/lanes/ports/state';
import type { Tracer } from '@millrace/lanes/ports/tracer';
import type { SchemaIds } from '@millrace/lanes/record-schemas';
import type { SourceStatus } from '@millrace/lanes/status';
import type { Catalogue } from '@millrace/pipeline/catalogue';
import type { Plan } from '@millrace/pipeline/plan';
import type { FastifyPluginAsync } from 'fastify';
import { openBackbone, openState } from './adapters/backbone.ts';
import type { ExitCode } from './exit-codes.ts';
import { Failure } from './failure.ts';
import { healthRoutes } from './health.ts';
import { startReporter } from './reporter.ts';
import { runService, type Started } from './run-service.ts';
import type { ServiceContext } from './service-context.ts';
import { startUnread } from './unread.ts';

/** What ingest is made of. */
export interface IngestParts {
  readonly plan: Plan;
  readonly log: EventLog;
  readonly state: StateStore;
  readonly encodeRaw: (flow: Flow) => Uint8Array;
  readonly secrets: ReadonlyMap<string, string>;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly tracer: Tracer;
  onFailed(error: Error): void;
  /** Records of raw that nobody has read yet. */
  lag(): number;
}

/** Ingest, as the service runs it. */
export interface IngestDoor {
  readonly routes: FastifyPluginAsync;
  start(): Promise<void>;
  drain(): Promise<void>;
  abandon(): void;
  sources(): readonly SourceStatus[];
  waiting(): { readonly records: number };
}

export interface IngestServiceDefinition {
  readonly catalogue: Catalogue;
  create(parts: IngestParts): IngestDoor;
}

/** Runs ingest: the outside world → raw. */
export function runIngestService({ catalogue, create }: IngestServiceDefinition): Promise<ExitCode> {
  return runService({ name: 'ingest', catalogue, start: (context) => startIngest(context, create) });
}

async function startIngest(
  context: ServiceContext,
  create: IngestServiceDefinition['create'],
): Promise<Started> {
  const { plan, secrets, logger, clock, tracer, board, host, health, metrics, name } = context;
  const { log, codec, ids } = await openBackbone(context);
  const { state, shared } = await openState(context);
  const noted = noteEvents(context, board.observe(log), ids);
  const unread = startUnread(context, log);
  const ingest = create({
    plan,
    log: noted.log,
    state,
    encodeRaw: (flow) => codec.encodeFlow('raw', flow).value,
    secrets,
    logger,
    clock,
    tracer,
    onFailed: context.fail,
    lag: unread.records,
  });
  const waiting = () => ingest.waiting().records;
  metrics.ingest(() => ingest.sources(), waiting);
  await host.mount([
    healthRoutes({ service: name, pipeline: plan.pipeline }, health),
    metrics.route,
    ingest.routes,
  ]);
  await ingest.start().catch((error: unknown) => {
    ingest.abandon();
    // A source that can't be read as the document says is a message for people, not a defect.
    if (!(error instanceof Error) || error.constructor !== Error) throw error;
    throw new Failure(error.message, undefined, { cause: error });
  });
  const reporter = startReporter(context, shared, {
    sources: () => ingest.sources(),
    waiting,
    eventEnds: noted.eventEnds,
  });
  return {
    async drain() {
      unread.stop();
      await ingest.drain();
      await reporter.close();
    },
  };
}

/** Counts what is acknowledged of raw, and where its last events are: ticks after them wait for nobody. */
function noteEvents({ plan, measures, clock }: ServiceContext, log: EventLog, ids: SchemaIds) {
  const raw = `${plan.pipeline}.raw`;
  const times = new Set(
    ['Tick', 'Opened'].map((record) => ids.get(`millrace.${plan.pipeline}.${record}`) ?? 0),
  );
  const ends = new Array<number>(plan.lanes).fill(0);
  const noted: EventLog = {
    ...log,
    async append(topic, lane, records) {
      const base = await log.append(topic, lane, records);
      if (topic !== raw) return base;
      const now = clock.now();
      let events = 0;
      for (const [i, { value, timestampMs }] of records.entries()) {
        if (times.has(readSchemaId(value) ?? 0)) continue;
        events++;
        ends[lane] = Math.max(ends[lane]!, base + i + 1);
        measures.stages.ingest.latency(now, now - timestampMs);
      }
      measures.stages.ingest.add(now, events);
      return base;
    },
  };
  return { log: noted, eventEnds: () => ends };
}
