import type { Flow } from '@millrace/lanes/flow';
import type { Clock } from '@millrace/lanes/ports/clock';
import type { EventLog } from '@millrace/lanes/ports/log';
import type { Logger } from '@millrace/lanes/ports/logger';
import type { StateStore } from '@millrace/lanes/ports/state';
import type { OpenTopics } from '@millrace/lanes/ports/topics';
import type { Tracer } from '@millrace/lanes/ports/tracer';
import type { SourceStatus } from '@millrace/lanes/status';
import type { Catalogue } from '@millrace/pipeline/catalogue';
import type { Plan } from '@millrace/pipeline/plan';
import type { FastifyPluginAsync } from 'fastify';
import { openBackbone, openState } from './adapters/backbone.ts';
import type { ExitCode } from './exit-codes.ts';
import { Failure } from './failure.ts';
import { healthRoutes } from './health.ts';
import { noteEvents } from './note-events.ts';
import { startReporter } from './reporter.ts';
import { runService, type Started } from './run-service.ts';
import type { ServiceContext } from './service-context.ts';
import { createTopicsOpener } from './topics-of-others.ts';
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
  readonly topics: OpenTopics;
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
  /** What it answers at `/openapi.json`. */
  readonly openApi: object;
  create(parts: IngestParts): IngestDoor;
}

/** Runs ingest: the outside world → raw. */
export function runIngestService(definition: IngestServiceDefinition): Promise<ExitCode> {
  const { catalogue } = definition;
  return runService({ name: 'ingest', catalogue, start: (context) => startIngest(context, definition) });
}

async function startIngest(
  context: ServiceContext,
  { create, openApi }: IngestServiceDefinition,
): Promise<Started> {
  const { plan, secrets, logger, clock, tracer, board, host, health, metrics, name } = context;
  const { log, codec, ids, generation, kafka, registry } = await openBackbone(context);
  const { state, shared } = await openState(context);
  const meter = context.measures.stages.ingest;
  const noted = noteEvents(plan, board.observe(metrics.calls.log(log)), ids, (events) => {
    const now = clock.now();
    meter.add(now, events.length);
    for (const { timestampMs } of events) meter.latency(now, now - timestampMs);
  });
  const unread = startUnread(context, log);
  const ingest = create({
    plan,
    log: noted.log,
    state: metrics.calls.state(state),
    encodeRaw: (flow) => codec.encodeFlow('raw', flow).value,
    secrets,
    logger,
    clock,
    tracer,
    onFailed: context.fail,
    lag: unread.records,
    topics: createTopicsOpener({ clientId: kafka.clientId, logger, own: { kafka, registry } }),
  });
  const waiting = () => ingest.waiting().records;
  metrics.ingest(() => ingest.sources(), waiting);
  await host.mount([
    healthRoutes({ service: name, pipeline: plan.pipeline }, health),
    metrics.route,
    ingest.routes,
    async (app) => {
      app.get('/openapi.json', () => openApi);
    },
  ]);
  await ingest.start().catch((error: unknown) => {
    ingest.abandon();
    // A source that can't be read as the document says is a message for people, not a defect.
    if (!(error instanceof Error) || error.constructor !== Error) throw error;
    throw new Failure(error.message, undefined, { cause: error });
  });
  const reporter = startReporter(
    context,
    { shared, generation },
    {
      sources: () => ingest.sources(),
      waiting,
      eventEnds: noted.eventEnds,
    },
  );
  return {
    async drain() {
      unread.stop();
      await ingest.drain();
      await reporter.close();
    },
  };
}
