import type { AlertRow, DeadLetterRow, EventRow, WindowRow } from '@millrace/lanes/ports/results';
import { auditStatus, type PipelineStatus } from '@millrace/lanes/status';
import type { WindowPlan } from '@millrace/pipeline/plan';

/** Result rows of the pipeline `payments`, plain where a test names nothing. */

const MINUTE_MS = 60_000;
const version = { position: 1, revision: 1 };

export function windowRowOf(group: string, start: number, parts: Partial<WindowRow> = {}): WindowRow {
  return {
    table: 'windows',
    pipeline: 'payments',
    version,
    name: 'card_velocity',
    group,
    start,
    end: start + MINUTE_MS,
    revision: 1,
    final: true,
    values: { payments: 1, total: 10 },
    ...parts,
  };
}

export function alertRowOf(id: string, time: number, parts: Partial<AlertRow> = {}): AlertRow {
  return {
    table: 'alerts',
    pipeline: 'payments',
    version,
    id,
    name: 'velocity',
    group: 'A',
    severity: 'high',
    message: 'too many payments',
    time,
    value: 6,
    score: null,
    eventId: null,
    window: { name: 'card_velocity', start: time - MINUTE_MS, end: time, revision: 1 },
    ...parts,
  };
}

export function eventRowOf(id: string, time: number, parts: Partial<EventRow> = {}): EventRow {
  const event = { payment_id: id, card: 'A', amount: 10 };
  return {
    table: 'events',
    pipeline: 'payments',
    version,
    route: 'large',
    id,
    key: 'A',
    time,
    event,
    ...parts,
  };
}

export function deadLetterRowOf(
  eventId: string,
  time: number,
  parts: Partial<DeadLetterRow> = {},
): DeadLetterRow {
  return {
    table: 'deadletters',
    pipeline: 'payments',
    version,
    id: `${eventId}/validate/0`,
    eventId,
    key: 'A',
    stage: 'validate',
    attempt: 0,
    code: 'wrong_type',
    message: 'amount: wants a double, found a string',
    time,
    source: 'api',
    traceId: '0af7651916cd43dd8448eb211c80319c',
    contentType: 'application/json',
    payload: new TextEncoder().encode('{"amount":"ten"}'),
    ...parts,
  };
}

/** A window of one minute per card, which counts and sums. */
export function windowPlanOf(name: string, parts: Partial<WindowPlan> = {}): WindowPlan {
  const compute = (computed: string, aggregate: string) => ({
    name: computed,
    aggregate: { name: aggregate } as WindowPlan['compute'][number]['aggregate'],
    value: null,
    parameters: [],
  });
  return {
    name,
    by: ({ event }) => event!.card as string,
    local: true,
    window: {
      kind: 'tumbling',
      longestMs: MINUTE_MS,
      starts: (timeMs) => [Math.floor(timeMs / MINUTE_MS) * MINUTE_MS],
      end: (startMs) => startMs + MINUTE_MS,
    },
    latenessMs: 0,
    emit: 'updates',
    onLate: 'dead_letter',
    when: null,
    compute: [compute('payments', 'count'), compute('total', 'sum')],
    ...parts,
  };
}

export function pipelineStatusOf(parts: Partial<PipelineStatus> = {}): PipelineStatus {
  const latency = { p50Ms: 2, p99Ms: 9 };
  const counts = {
    events: 10,
    dropped: 1,
    duplicate: 1,
    rejected: 1,
    late: 1,
    processed: 5,
    flags: { foreign: 2 },
  };
  return {
    pipeline: 'payments',
    plan: 'test',
    state: 'running',
    services: [],
    uptimeMs: 1_000,
    audit: auditStatus(counts, 1),
    stages: ['ingest', 'validate', 'enrich', 'aggregate', 'route'].map((name) => ({
      name,
      eventsPerSecond: 10,
      events: 10,
      latency,
      lag: 0,
    })),
    latency,
    lanes: [
      { lane: 0, lag: 0, watermark: 1_000, watermarkAgeMs: 5, openWindows: 1, stopped: null },
      { lane: 1, lag: 0, watermark: null, watermarkAgeMs: null, openWindows: 0, stopped: null },
    ],
    openWindows: 1,
    repeats: 0,
    gaps: 0,
    deadLetters: { wrong_type: 1 },
    sources: [
      {
        name: 'api',
        kind: 'http',
        events: 10,
        eventsPerSecond: 10,
        parts: [{ name: 'api', state: 'active', position: null, progress: null, eventTime: 1_000 }],
      },
    ],
    ...parts,
  };
}
