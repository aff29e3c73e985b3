import type { Flow } from '@millrace/lanes/flow';
import { type Clock, systemClock } from '@millrace/lanes/ports/clock';
import type { EventLog } from '@millrace/lanes/ports/log';
import type { Logger } from '@millrace/lanes/ports/logger';
import type { StateStore } from '@millrace/lanes/ports/state';
import type { OpenTopics } from '@millrace/lanes/ports/topics';
import { noTracer, type Tracer } from '@millrace/lanes/ports/tracer';
import type { SourceStatus } from '@millrace/lanes/status';
import type { Plan } from '@millrace/pipeline/plan';
import type { FastifyPluginAsync } from 'fastify';
import { type Appender, createAppender } from './appender.ts';
import { createBodyReader } from './body.ts';
import { BOUNDS, type Bounds } from './bounds.ts';
import { type Disk, systemDisk } from './disk.ts';
import { openedFlow, type Part } from './part.ts';
import type { Receiver } from './receiver.ts';
import { ingestRoutes } from './routes.ts';
import type { Source } from './source.ts';
import { sourceKinds } from './sources.ts';
import { createTicker } from './ticker.ts';

export interface IngestOptions {
  readonly plan: Plan;
  readonly log: EventLog;
  /** Where files' positions are saved. */
  readonly state: StateStore;
  /** A flow as the bytes of its raw record. It may be changed or used again after the call. */
  readonly encodeRaw: (flow: Flow) => Uint8Array;
  /** Values by the names that the document lists under `secrets`. */
  readonly secrets: ReadonlyMap<string, string>;
  readonly logger: Logger;
  /** Ingest can't go on: a lane stopped, or a file was taken over. Called at most once. */
  onFailed(error: Error): void;
  readonly clock?: Clock;
  readonly bounds?: Partial<Bounds>;
  readonly disk?: Disk;
  /** How many records of raw the pipeline is behind; absent: it is never waited for. */
  readonly lag?: () => number;
  /** For sources that read topics of others; absent: a document that has one can't start. */
  readonly topics?: OpenTopics;
  /** Absent: nothing is sampled here; what comes sampled is passed on. */
  readonly tracer?: Tracer;
}

/**
 * outside world → raw. In three layers: sources take events in (`sources/`), intake gives each its id, key, time
 * and priority, the appender writes them to their lanes.
 */
export interface Ingest {
  /** `POST /v1/pipelines/{pipeline}/events[/{source}]`; answers 503 before `start` and while it drains. */
  readonly routes: FastifyPluginAsync;
  /** The same door without HTTP around it; null: no such source, or it can't be sent to (now). */
  receiver(source: string): Receiver | null;
  /**
   * Opens every part in every lane, then begins to take events. Rejects when a source can't be read as the
   * document says.
   */
  start(): Promise<void>;
  /**
   * Takes nothing new; resolves when all that was taken is acknowledged and answered, and positions are saved.
   * While the log refuses it waits.
   */
  drain(): Promise<void>;
  /**
   * Takes nothing new, and sends nothing again that the log does not acknowledge: for when nobody will read it, or
   * the log is about to be closed. What has not been acknowledged by then is answered so.
   */
  abandon(): void;
  /** Resolves when every finite source has been read to its end, with all of it acknowledged. */
  readonly finished: Promise<void>;
  sources(): readonly SourceStatus[];
  /** Taken and not yet acknowledged. */
  waiting(): { readonly records: number; readonly bytes: number };
}

export function createIngest(options: IngestOptions): Ingest {
  const { plan, log, state, logger } = options;
  const clock = options.clock ?? systemClock;
  const bounds: Bounds = { ...BOUNDS, ...options.bounds };
  const disk = options.disk ?? systemDisk;
  const tracer = options.tracer ?? noTracer;
  const { pipeline } = plan;
  const topic = `${pipeline}.raw`;
  const appender = createAppender({
    log,
    topic,
    lanes: plan.lanes,
    clock,
    logger,
    encodeRaw: options.encodeRaw,
    tracer,
    pipeline,
  });
  const finished = Promise.withResolvers<void>();
  let sources: readonly Source[] = [];
  let runs: Promise<unknown> = Promise.resolve();
  let phase: 'starting' | 'running' | 'draining' | 'failed' = 'starting';
  const ticker = createTicker({
    clock,
    appender,
    lanes: plan.lanes,
    tickMs: bounds.tickMs,
    sources: () => sources,
    onFailed: fail,
  });

  function fail(error: unknown): void {
    if (phase === 'failed') return;
    phase = 'failed';
    options.onFailed(error instanceof Error ? error : new Error(String(error)));
  }

  async function openSources(): Promise<readonly Source[]> {
    const opened: Source[] = [];
    for (const source of plan.sources) {
      const kind = sourceKinds[source.kind];
      if (kind === undefined)
        throw new Error(`no implementation of source kind ${source.kind} (source ${source.name})`);
      const secret = (text: string) => secretValue(text, options.secrets, source.name);
      const lag = options.lag ?? (() => 0);
      opened.push(
        await kind.open({
          plan,
          source,
          appender,
          state,
          clock,
          logger,
          bounds,
          disk,
          tracer,
          lag,
          secret,
          ...(options.topics && { topics: options.topics }),
        }),
      );
    }
    return opened;
  }

  const closed = {
    starting: 'ingest is starting',
    running: null,
    draining: 'ingest is shutting down',
    failed: 'ingest has stopped after an error; its log says which',
  };
  return {
    routes: ingestRoutes({
      pipeline,
      tracer,
      sources: () => sources,
      closed: () => closed[phase],
      bodies: createBodyReader(bounds),
      bounds,
      logger,
    }),
    receiver: (name) =>
      closed[phase] === null ? (sources.find((source) => source.name === name)?.receiver ?? null) : null,
    async start() {
      sources = await openSources();
      await openParts(sources, appender, clock);
      if (phase === 'starting') {
        phase = 'running';
        ticker.start();
      } else {
        // Over before it began: what runs now only closes its files.
        for (const source of sources) source.stop();
      }
      const finite = sources.filter((source) => source.finite).map((source) => source.run());
      const endless = sources.filter((source) => !source.finite).map((source) => source.run());
      Promise.all(finite).then(() => {
        // One that was stopped has not been read to its end.
        if (sources.every((source) => !source.finite || source.parts.every(({ ended }) => ended)))
          finished.resolve();
      }, fail);
      Promise.all(endless).catch(fail);
      runs = Promise.allSettled([...finite, ...endless]);
    },
    async drain() {
      if (phase !== 'failed') phase = 'draining';
      for (const source of sources) source.stop();
      await Promise.all([runs, ticker.stop()]);
      while (phase !== 'failed' && appender.waiting.records > 0) await clock.sleep(bounds.lagPauseMs);
    },
    abandon() {
      phase = 'failed';
      appender.abandon();
      for (const source of sources) source.stop();
      void ticker.stop();
    },
    finished: finished.promise,
    sources: () => ticker.rates().map(({ source, perSecond }) => statusOf(source, perSecond)),
    waiting: () => appender.waiting,
  };
}

/** Every part in every lane, before the first event of any. */
async function openParts(sources: readonly Source[], appender: Appender, clock: Clock): Promise<void> {
  const opened = sources.flatMap((source) =>
    source.parts.map((part: Part) => ({ part, parts: source.parts.length })),
  );
  await Promise.all(
    opened.map(({ part, parts }) => appender.broadcast(openedFlow(part, parts, clock.now()))),
  );
}

function secretValue(text: string, secrets: ReadonlyMap<string, string>, source: string): string {
  if (!text.startsWith('secret:')) return text;
  const name = text.slice('secret:'.length);
  const value = secrets.get(name);
  if (value !== undefined) return value;
  throw new Error(`source ${source}: secret "${name}" has no value; set it in the environment or as a file`);
}

function statusOf({ name, kind, events, status }: Source, eventsPerSecond: number): SourceStatus {
  return { name, kind, events, eventsPerSecond, parts: status() };
}
