import type { ResultFeed } from '@millrace/lanes/feed';
import { publishingResults } from '@millrace/lanes/feed';
import type { Flow } from '@millrace/lanes/flow';
import type { LaneCodec } from '@millrace/lanes/lane-codec';
import type { Clock } from '@millrace/lanes/ports/clock';
import type { EventLog } from '@millrace/lanes/ports/log';
import type { ResultStore } from '@millrace/lanes/ports/results';
import type { Status } from '@millrace/lanes/status';
import type { Plan } from '@millrace/pipeline/plan';
import type { FastifyPluginAsync } from 'fastify';
import { openBackbone, openResults, sharedWhenThere } from './adapters/backbone.ts';
import type { ExitCode } from './exit-codes.ts';
import { healthRoutes } from './health.ts';
import { createLiveFeed } from './live-feed.ts';
import { registerMetric } from './metrics/metric.ts';
import { PIPELINE_METRICS } from './metrics/pipeline-metrics.ts';
import { noteEvents } from './note-events.ts';
import { startReporter } from './reporter.ts';
import { runService, type Started } from './run-service.ts';
import type { ServiceContext } from './service-context.ts';
import { startStatusBoard } from './status-board.ts';
import { tracedRequests } from './traced-requests.ts';

/** What serve is made of. */
export interface ServeParts {
  readonly plan: Plan;
  readonly log: EventLog;
  /** Publishing. */
  readonly results: ResultStore;
  readonly feed: ResultFeed;
  /** Decodes all fields of an event. */
  readonly codec: LaneCodec;
  readonly encodeRaw: (flow: Flow) => Uint8Array;
  readonly clock: Clock;
  /** Of the whole pipeline. */
  status(): Status;
}

/** Runs serve: the query API and the page over what the other services made. */
export function runServeService(
  create: (parts: ServeParts) => readonly FastifyPluginAsync[],
): Promise<ExitCode> {
  return runService({ name: 'serve', start: (context) => startServe(context, create) });
}

async function startServe(
  context: ServiceContext,
  create: (parts: ServeParts) => readonly FastifyPluginAsync[],
): Promise<Started> {
  const { plan, clock, host, health, metrics, name, board } = context;
  const shared = sharedWhenThere(context);
  const { log, codec, whole, ids, generation } = await openBackbone(context);
  const stored = await openResults(context);
  const feed = createLiveFeed(context, { log, codec: whole, generation });
  const status = startStatusBoard(context, shared);
  const noted = noteEvents(plan, board.observe(metrics.calls.log(log)), ids);
  const { pipeline } = plan;
  for (const metric of PIPELINE_METRICS) {
    registerMetric(metrics.registry, metric, () => [[{ pipeline }, status.status().pipelines[0]!]]);
  }
  const parts: ServeParts = {
    plan,
    log: noted.log,
    results: publishingResults(metrics.calls.results(stored), feed),
    feed,
    codec: whole,
    encodeRaw: (flow) => codec.encodeFlow('raw', flow).value,
    clock,
    status: status.status,
  };
  await host.mount([
    healthRoutes({ service: name, pipeline }, health),
    metrics.route,
    tracedRequests(context.tracer, name, create(parts)),
  ]);
  const reporter = startReporter(
    context,
    { shared, generation },
    {
      sources: () => [],
      waiting: () => 0,
      eventEnds: noted.eventEnds,
    },
  );
  return {
    async drain() {
      status.stop();
      await feed.close();
      await reporter.close();
    },
  };
}
