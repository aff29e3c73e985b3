import { openTables, tableKinds } from '@millrace/enrich/tables';
import { createIngest, type Ingest } from '@millrace/ingest/stage';
import { createResultFeed, publishingFused, publishingResults } from '@millrace/lanes/feed';
import { createMeasures } from '@millrace/lanes/measures';
import { pipelineStatus } from '@millrace/lanes/pipeline-status';
import { type Clock, systemClock } from '@millrace/lanes/ports/clock';
import { LaneStopped } from '@millrace/lanes/ports/log';
import type { Logger } from '@millrace/lanes/ports/logger';
import type { PipelineStatus, Status } from '@millrace/lanes/status';
import type { Plan } from '@millrace/pipeline/plan';
import { openSinks, sinkKinds } from '@millrace/route/sinks';
import { serve } from '@millrace/serve/stage';
import { type EmbeddedPorts, openPorts } from '@millrace/service/embedded-ports';
import { type Host, openHost } from './http/host.ts';
import { metricsRoute } from './http/metrics.ts';
import { topicsRoute } from './http/topics.ts';
import { createLaneStages } from './lane-stages.ts';
import { countAccepted } from './run/accepted.ts';
import { writeFolderNote } from './run/folder-note.ts';
import { startFusedRunner } from './run/fused-runner.ts';
import { openRawCodec } from './run/raw-codec.ts';
import { discardDeadLetter, replayDeadLetter } from './run/replay.ts';
import type { Runner } from './run/runner.ts';
import { readSecrets } from './run/secrets.ts';

export interface PipelineOptions {
  readonly plan: Plan;
  /** The document's file, noted in the data folder for commands that are given nothing else. */
  readonly document?: string;
  /** The data folder; made where it is missing. */
  readonly folder: string;
  readonly logger: Logger;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where sinks print. */
  readonly stdout: { write(text: string): unknown; readonly isTTY?: boolean };
  /** Absent: nothing listens. Port 0: any free one. */
  readonly listen?: { readonly host: string; readonly port: number };
  readonly keepTopics?: boolean;
  /** Forget states and results, and compute them again from the raw log. */
  readonly rebuild?: boolean;
  readonly clock?: Clock;
  /** For tests: the ports as they are to be used, around those of the folder. */
  readonly decorate?: (ports: EmbeddedPorts) => EmbeddedPorts;
}

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

async function compose(options: PipelineOptions, opened: AsyncDisposableStack): Promise<RunningPipeline> {
  const { plan, logger, env, stdout } = options;
  const clock = options.clock ?? systemClock;
  const startedMs = clock.now();
  const secrets = readSecrets(plan, env);
  const tables = await openTables(plan, tableKinds, (message) => logger.warn({}, message));
  opened.defer(() => tables.close());
  const sinks = await openSinks(plan, sinkKinds, { stdout, env });
  opened.defer(async () => {
    await Promise.all([...sinks.values()].map((sink) => sink.close()));
  });
  const folder = await openPorts(options.folder, plan, logger);
  opened.defer(() => folder.close());
  if (options.rebuild || folder.outputs.unfinished(plan.pipeline)) await folder.outputs.forget(plan.pipeline);
  writeFolderNote(options.folder, {
    pipeline: plan.pipeline,
    lanes: plan.lanes,
    document: options.document ?? '',
  });
  const ports = options.decorate?.(folder) ?? folder;
  const codec = await openRawCodec(plan, ports.registry);

  const measures = createMeasures();
  const feed = createResultFeed();
  const results = publishingResults(ports.results, feed);
  const accepted = countAccepted({
    log: ports.log,
    raw: `${plan.pipeline}.raw`,
    clock,
    meter: measures.stages.ingest,
    isEvent: codec.isEvent,
  });
  const runner = await startFusedRunner(
    {
      plan,
      generation: 0,
      log: accepted.log,
      store: publishingFused(ports.fused, feed),
      clock,
      stages: createLaneStages(plan, { tables: tables.tables, sinkKinds, sinks: sinks }),
      measures,
      decodeRaw: codec.decodeRaw,
    },
    accepted,
  );
  opened.defer(() => runner.stop().catch(() => {}));
  const lag = () => runner.lanes().reduce((sum, lane) => sum + lane.lag, 0);

  const failed = Promise.withResolvers<never>();
  const { encodeRaw } = codec;
  const ingest = createIngest({
    plan,
    log: accepted.log,
    state: ports.state,
    encodeRaw,
    secrets,
    logger,
    onFailed: failed.reject,
    clock,
    lag,
  });
  const finished = Promise.race([runner.finished, failed.promise]);
  // Whoever awaits it hears of it; until then a failure must not end the process without a message.
  finished.catch(() => {});

  let state: PipelineStatus['state'] = 'starting';
  let stopped: LaneStopped | null = null;
  finished.catch((error: unknown) => {
    state = 'stopped';
    if (error instanceof LaneStopped) stopped = error;
  });
  const status = (): PipelineStatus => {
    const reason = stopped === null ? null : { code: stopped.code, message: stopped.message };
    const lags = runner.lags();
    return pipelineStatus({
      plan,
      nowMs: clock.now(),
      startedMs,
      state,
      lanes: runner.lanes().map((lane) => ({ ...lane, stopped: lane.stopped ?? reason })),
      measures,
      sources: ingest.sources(),
      waiting: ingest.waiting().records,
      ...(lags !== undefined && { lags }),
    });
  };
  const replaying = {
    pipeline: plan.pipeline,
    lanes: plan.lanes,
    log: accepted.log,
    results,
    encodeRaw,
    nowMs: clock.now,
  };
  const served = {
    plan,
    results,
    feed,
    replay: (id: string) => replayDeadLetter(replaying, id),
    discard: (id: string) => discardDeadLetter(replaying, id),
  };
  const overall = (): Status => processStatus(clock, status());
  const waitingFor = () => (state === 'running' ? null : `the pipeline, which is ${state}`);
  const host = await listen(options, [
    ingest.routes,
    metricsRoute(overall),
    topicsRoute({ plan, log: ports.log, results, codec: codec.whole }),
    serve({ pipelines: [served], status: overall, clock, waitingFor }),
  ]);
  if (host !== null) opened.defer(() => host.close());
  await ingest.start();
  state = 'running';
  return {
    url: host?.url ?? null,
    status,
    finished,
    sourcesDone: ingest.finished.then(() => caughtUp(clock, lag, Number.POSITIVE_INFINITY)),
    async close() {
      if (state === 'running') state = 'draining';
      await drain(ingest, runner, clock, lag);
      await opened.disposeAsync();
    },
  };
}

async function listen(
  { listen: where, logger }: PipelineOptions,
  plugins: Parameters<typeof openHost>[1],
): Promise<Host | null> {
  return where === undefined ? null : openHost({ ...where, logger }, plugins);
}

async function drain(ingest: Ingest, runner: Runner, clock: Clock, lag: () => number): Promise<void> {
  const ended = runner.finished.then(
    () => {},
    () => {},
  );
  await Promise.race([ended, ingest.drain().then(() => caughtUp(clock, lag, DRAIN_LAG_MS))]);
}

async function caughtUp(clock: Clock, lag: () => number, withinMs: number): Promise<void> {
  const until = clock.now() + withinMs;
  while (lag() > 0 && clock.now() < until) await clock.sleep(POLL_MS);
}

function processStatus(clock: Clock, pipeline: PipelineStatus): Status {
  const { rss, heapUsed } = process.memoryUsage();
  return { time: clock.now(), memory: { rssBytes: rss, heapBytes: heapUsed }, pipelines: [pipeline] };
}
