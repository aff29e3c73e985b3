import type { Meter } from '@millrace/lanes/measures';
import type { SharedValues } from '@millrace/lanes/ports/shared-values';
import { reportScope, type ServiceReport, type StageReport } from '@millrace/lanes/service-report';
import type { SourceStatus } from '@millrace/lanes/status';
import { watermarkOf } from './lane-board.ts';
import type { ServiceContext } from './service-context.ts';

const EVERY_MS = 1_000;
/** The last word of a process counts for as long: what it has read stays read. */
const KEPT_MS = 24 * 3_600_000;

/** What only ingest knows. */
export interface IngestState {
  sources(): readonly SourceStatus[];
  waiting(): number;
  /** By lane of raw: the offset after the last event that was appended here. */
  eventEnds(): readonly number[];
}

export interface ReporterParts {
  readonly shared: SharedValues;
  readonly generation: number;
}

export interface Reporter {
  /** Tells a last time that it ends, where that can be told. */
  close(): Promise<void>;
}

/** Tells the others once a second how this process is. Nobody waits for it: a report that can't be shared is lost. */
export function startReporter(
  context: ServiceContext,
  { shared, generation }: ReporterParts,
  ingest: IngestState | null = null,
): Reporter {
  const { name, instance, plan, logger, health } = context;
  const scope = reportScope(plan.pipeline);
  let number = 0;
  let failing = false;
  let underWay: Promise<void> | null = null;

  async function tell(ended: boolean): Promise<void> {
    const draining = context.signal.aborted;
    const state = ended
      ? 'ended'
      : draining
        ? 'draining'
        : health.reasons().length === 0
          ? 'running'
          : 'starting';
    const report = reportOf(context, { number: ++number, state, generation, ingest });
    try {
      await shared.put(scope, `${name}/${instance}`, JSON.stringify(report), KEPT_MS);
      if (failing) logger.info({}, 'status is shared again');
      failing = false;
    } catch (error) {
      if (!failing)
        logger.warn({ reason: (error as Error).message }, 'status can’t be shared; it is tried again');
      failing = true;
    }
  }

  const timer = setInterval(() => {
    underWay ??= tell(false).finally(() => {
      underWay = null;
    });
  }, EVERY_MS);
  return {
    async close() {
      clearInterval(timer);
      await underWay;
      await tell(true);
    },
  };
}

interface Moment {
  readonly number: number;
  readonly state: ServiceReport['state'];
  readonly generation: number;
  readonly ingest: IngestState | null;
}

function reportOf(
  { name, instance, plan, startedMs, clock, measures, board, health }: ServiceContext,
  { number, state, generation, ingest }: Moment,
): ServiceReport {
  const nowMs = clock.now();
  const ends: Record<string, number[]> = {};
  for (const [key, end] of board.ends()) {
    const [topic, lane] = splitKey(key);
    if (lane >= plan.lanes || !topic.startsWith(`${plan.pipeline}.`)) continue;
    ends[topic] ??= new Array<number>(plan.lanes).fill(0);
    ends[topic][lane] = end;
  }
  return {
    service: name,
    instance,
    number,
    plan: plan.hash,
    generation,
    startedMs,
    state,
    reasons: health.reasons().map(({ what, reason }) => `${what}: ${reason}`),
    // A lane that went elsewhere is told of by its new owner.
    lanes: board.entries().flatMap((entry) => {
      const { stage, topic, lane, offset, counts, view, held, stopped } = entry;
      if (!held && stopped === null && state !== 'ended') return [];
      return [
        {
          stage,
          topic,
          lane,
          offset,
          counts,
          watermark: watermarkOf(entry),
          openWindows: view?.openWindows() ?? 0,
          stopped,
        },
      ];
    }),
    ends,
    eventEnds: ingest?.eventEnds() ?? [],
    stages: stagesOf(measures.stages, nowMs),
    repeats: measures.repeats,
    gaps: measures.gaps,
    deadLetters: Object.fromEntries(measures.deadLetters),
    sources: ingest?.sources() ?? [],
    waiting: ingest?.waiting() ?? 0,
  };
}

function splitKey(key: string): readonly [topic: string, lane: number] {
  const at = key.lastIndexOf('/');
  return [key.slice(0, at), Number(key.slice(at + 1))];
}

function stagesOf(meters: Readonly<Record<string, Meter>>, nowMs: number): Record<string, StageReport> {
  const entries = Object.entries(meters).filter(([, { total }]) => total > 0);
  return Object.fromEntries(
    entries.map(([name, meter]) => [
      name,
      { events: meter.total, eventsPerSecond: meter.rate(nowMs), latencies: meter.recent(nowMs) },
    ]),
  );
}
