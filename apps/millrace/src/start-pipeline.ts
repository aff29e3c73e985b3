import { randomUUID } from 'node:crypto';
import { createIngest, type Ingest } from '@millrace/ingest/stage';
import {
  createResultFeed,
  publishingFused,
  publishingResults,
  type ResultPublisher,
} from '@millrace/lanes/feed';
import { createMeasures, type Measures } from '@millrace/lanes/measures';
import { pipelineStatus } from '@millrace/lanes/pipeline-status';
import { type Clock, systemClock } from '@millrace/lanes/ports/clock';
import { LaneStopped } from '@millrace/lanes/ports/log';
import type { ResultStore } from '@millrace/lanes/ports/results';
import type { PipelineStatus, Status } from '@millrace/lanes/status';
import { traceFields } from '@millrace/lanes/trace-context';
import { serveOver } from '@millrace/serve/serve-over';
import { EXIT } from '@millrace/service/exit-codes';
import { Failure } from '@millrace/service/failure';
import { type Host, openHost } from '@millrace/service/http-host';
import { createTopicsOpener } from '@millrace/service/topics-of-others';
import { metricsRoute } from './http/metrics.ts';
import { openApiRoute } from './http/openapi.ts';
import { type AcceptedEvents, countAccepted } from './run/accepted.ts';
import { changedSections, noteSections } from './run/folder-note.ts';
import { startFusedRunner } from './run/fused-runner.ts';
import { openParts, type PipelineOptions, type PipelineParts } from './run/pipeline-parts.ts';
import { behind, type Runner } from './run/runner.ts';
import { startWorkersRunner } from './run/workers-runner.ts';

export type { PipelineOptions } from './run/pipeline-parts.ts';

export interface RunningPipeline {
  /** `http://127.0.0.1:8080`; null: nothing listens. */
  readonly url: string | null;
  status(): PipelineStatus;
  /** Until it is closed; rejects when it can't go on (`LaneStopped`, a full disk, a broken invariant). */
  readonly finished: Promise<void>;
  /** Every source that comes to an end has been read, and all of it has been through. */
  readonly sourcesDone: Promise<void>;
  /** Takes nothing new, lets what was taken pass through (within DRAIN_LAG_MS), and lets go of the folder. */
  close(): Promise<void>;
}

/** How long a close waits for the lanes to catch up; what is left is in raw and waits for the next start. */
const DRAIN_LAG_MS = 10_000;
const POLL_MS = 20;
/** Raised by a reset, which the embedded backbone does by an empty folder. */
const GENERATION = 0;

/**
 * Composes a whole pipeline in this process, on the ports of one data folder: ingest, the stages, serve.
 * Rejects when it can't start; then everything that was opened is closed again.
 */
export async function startPipeline(options: PipelineOptions): Promise<RunningPipeline> {
  const opened = new AsyncDisposableStack();
  try {
    return await compose(options, opened);
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
}

/** What is made once and used by several. */
interface Shared extends PipelineParts {
  readonly options: PipelineOptions;
  readonly clock: Clock;
  readonly measures: Measures;
  readonly feed: ResultPublisher;
  /** Publishing. */
  readonly results: ResultStore;
  readonly accepted: AcceptedEvents;
}

async function compose(options: PipelineOptions, opened: AsyncDisposableStack): Promise<RunningPipeline> {
  const { plan, clock = systemClock, logger } = options;
  const startedMs = clock.now();
  const shared = share(options, clock, await openParts(options, opened));
  const runner = await startRunner(shared).catch((error: unknown) => {
    throw sayingWhatChanged(error, options);
  });
  noteSections(options.folder, plan.sections);
  opened.defer(() => runner.stop().catch(() => {}));
  if (!options.keepTopics) holdUnread(shared, runner);

  const failed = Promise.withResolvers<never>();
  const { accepted, codec, secrets, ports } = shared;
  const ingest = createIngest({
    plan,
    log: accepted.log,
    state: ports.state,
    encodeRaw: codec.encodeRaw,
    secrets,
    logger,
    onFailed: failed.reject,
    clock,
    lag: () => behind(runner),
    tracer: shared.tracer,
    topics: createTopicsOpener({ clientId: `millrace-${plan.pipeline}`, logger, own: null }),
  });
  opened.defer(() => ingest.abandon());
  const finished = Promise.race([runner.finished, failed.promise]);
  let state: PipelineStatus['state'] = 'starting';
  let failure: unknown = null;
  let over = false;
  // Whoever awaits it hears of it; until then a failure must not end the process without a message.
  finished.catch((error: unknown) => {
    state = 'stopped';
    failure = error;
    // What nobody reads is not taken, though it would be kept.
    ingest.abandon();
  });
  const status = () => statusOf(shared, runner, ingest, { state, failure, startedMs });
  const host = await listen(shared, ingest, status);
  if (host !== null) opened.defer(() => host.close());
  await startSources(ingest).catch((error: unknown) => {
    // Abandoned, it does not know why.
    throw failure ?? error;
  });
  if (state === 'starting') state = 'running';
  return {
    url: host?.url ?? null,
    status,
    finished,
    sourcesDone: ingest.finished.then(() =>
      caughtUp(clock, runner, Number.POSITIVE_INFINITY, () => over || state === 'stopped'),
    ),
    async close() {
      over = true;
      if (state === 'running') state = 'draining';
      await drain(ingest, runner, clock);
      await opened.disposeAsync();
    },
  };
}

/** A source that can't be read as the document says is a message for people, not a defect. */
async function startSources(ingest: Ingest): Promise<void> {
  try {
    await ingest.start();
  } catch (error) {
    if (!(error instanceof Error) || error.constructor !== Error) throw error;
    throw new Failure(error.message, EXIT.cannotRun, { cause: error });
  }
}

function share(options: PipelineOptions, clock: Clock, parts: PipelineParts): Shared {
  const { plan } = options;
  const { ports, codec } = parts;
  const measures = createMeasures();
  const feed = createResultFeed();
  const accepted = countAccepted({
    log: ports.log,
    raw: `${plan.pipeline}.raw`,
    lanes: plan.lanes,
    clock,
    meter: measures.stages.ingest,
    isEvent: codec.isEvent,
  });
  return {
    ...parts,
    options,
    clock,
    measures,
    feed,
    accepted,
    results: publishingResults(ports.results, feed),
  };
}

function sayingWhatChanged(error: unknown, { folder, plan }: PipelineOptions): unknown {
  if (!(error instanceof LaneStopped) || error.code !== 'plan_changed') return error;
  const changed = changedSections(folder, plan.sections) ?? [];
  if (changed.length === 0) return error;
  return new LaneStopped(error.code, `${error.message} Since then it has changed in: ${changed.join(', ')}.`);
}

/** What has not been through is not forgotten, however old it is. Unfused, the stages' own positions say the same. */
function holdUnread({ options, ports, accepted }: Shared, runner: Runner): void {
  const raw = `${options.plan.pipeline}.raw`;
  ports.hold((topic, lane) => (topic === raw ? accepted.end(raw, lane) - runner.lanes()[lane]!.lag : null));
}

function startRunner(shared: Shared): Promise<Runner> {
  const { options, clock, measures, feed, accepted, stages, ports, rebuilt, codec, results, tracer } = shared;
  const { plan, logger } = options;
  const common = {
    plan,
    generation: GENERATION,
    log: accepted.log,
    clock,
    stages,
    measures,
    tracer,
  };
  if (!options.keepTopics) {
    const store = publishingFused(ports.fused, feed);
    const onRetry = (err: unknown) => logger.warn({ err }, 'a sink did not answer; trying again');
    return startFusedRunner(
      { ...common, store, decodeRaw: codec.decodeRaw, onRetry, rebuild: rebuilt },
      accepted,
    );
  }
  return startWorkersRunner(
    {
      ...common,
      state: ports.state,
      results,
      codec: codec.lanes,
      newToken: randomUUID,
      onRetry: (stage, lane, err, trace = null) =>
        logger.warn({ err, stage, lane, ...traceFields(trace) }, 'something did not answer; trying again'),
    },
    accepted,
  );
}

interface Moment {
  readonly state: PipelineStatus['state'];
  /** Why it stopped; null: it has not. */
  readonly failure: unknown;
  readonly startedMs: number;
}

function statusOf(
  { options, clock, measures }: Shared,
  runner: Runner,
  ingest: Ingest,
  { state, failure, startedMs }: Moment,
): PipelineStatus {
  const reason = failure instanceof LaneStopped ? { code: failure.code, message: failure.message } : null;
  const lags = runner.lags();
  return pipelineStatus({
    plan: options.plan,
    nowMs: clock.now(),
    startedMs,
    state,
    lanes: runner.lanes().map((lane) => ({ ...lane, stopped: lane.stopped ?? reason })),
    measures,
    sources: ingest.sources(),
    waiting: ingest.waiting().records,
    ...(lags !== undefined && { lags }),
  });
}

/** Ingest, serve, metrics and topics on one port. */
async function listen(shared: Shared, ingest: Ingest, status: () => PipelineStatus): Promise<Host | null> {
  const { options, clock, accepted, results, feed, codec, measures } = shared;
  const { plan, logger } = options;
  if (options.listen === undefined) return null;
  const overall = (): Status => processStatus(clock, status());
  const waitingFor = () => {
    const { state } = status();
    return state === 'running' ? null : `the pipeline, which is ${state}`;
  };
  return openHost({ ...options.listen, logger }, [
    ingest.routes,
    openApiRoute,
    metricsRoute(overall, measures),
    ...serveOver({
      plan,
      log: accepted.log,
      results,
      feed,
      codec: codec.whole,
      encodeRaw: codec.encodeRaw,
      clock,
      status: overall,
      waitingFor,
      others: true,
    }),
  ]);
}

async function drain(ingest: Ingest, runner: Runner, clock: Clock): Promise<void> {
  let over = false;
  const end = (): void => {
    over = true;
  };
  const ended = runner.finished.then(end, end);
  const caughtUpInTime = () => caughtUp(clock, runner, DRAIN_LAG_MS, () => over);
  await Promise.race([ended, ingest.drain().then(caughtUpInTime)]);
}

/** Until nothing waits or the time is over; never, once the run is over. */
async function caughtUp(
  clock: Clock,
  runner: Runner,
  withinMs: number,
  isOver: () => boolean,
): Promise<void> {
  const until = clock.now() + withinMs;
  while (behind(runner) > 0 && clock.now() < until) {
    if (isOver()) return new Promise(() => {});
    await clock.sleep(POLL_MS);
  }
}

function processStatus(clock: Clock, pipeline: PipelineStatus): Status {
  const { rss, heapUsed } = process.memoryUsage();
  return { time: clock.now(), memory: { rssBytes: rss, heapBytes: heapUsed }, pipelines: [pipeline] };
}
