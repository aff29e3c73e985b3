import { laneOf } from '@millrace/lanes/murmur2';
import { type Acceptance, acceptAll, createAcceptor } from './acceptance.ts';
import { createJudges, type OracleAlert } from './detectors.ts';
import { type LaneTime, timeAll } from './lane-time.ts';
import type { Fields, OraclePlan, OracleWindow } from './plan.ts';
import type { LaneRecord } from './record.ts';
import {
  byClosingOrder,
  forgetWindows,
  type OpenWindow,
  type OpenWindows,
  type OracleResult,
  openWindow,
  windowsOf,
} from './windows.ts';

export type OracleOutcome = 'duplicate' | 'rejected' | 'late' | 'processed';

/** All that a lane of aggregate makes of its records, in order. */
export interface LaneTruth {
  readonly accepted: readonly Acceptance[];
  readonly times: readonly LaneTime[];
  readonly outcomes: readonly {
    readonly seq: number;
    readonly id: string;
    readonly outcome: OracleOutcome;
  }[];
  readonly deadLetters: readonly OracleDeadLetter[];
  readonly results: readonly OracleResult[];
  readonly alerts: readonly OracleAlert[];
  readonly partials: readonly OraclePartial[];
}

export interface OracleDeadLetter {
  readonly id: string;
  readonly eventId: string;
  readonly stage: string;
  readonly code: string;
  readonly attempt: number;
}

/** What a lane tells the merge: all events it has folded into a window of a group so far, or how far it is. */
export type OraclePartial =
  | {
      readonly kind: 'partial';
      readonly seq: number;
      readonly to: number;
      readonly window: OracleWindow;
      readonly group: string;
      readonly start: number;
      readonly events: readonly Fields[];
      /** Of a window that is still open (`emit: updates`): where nobody sees it before the next one, that is enough. */
      readonly live: boolean;
    }
  | {
      readonly kind: 'mark';
      readonly seq: number;
      readonly to: number;
      readonly watermark: number;
      readonly idle: boolean;
    };

/** docs/semantics.md, for one lane. */
export function laneTruth(plan: OraclePlan, records: readonly LaneRecord[]): LaneTruth {
  // Replays move no time.
  const times = timeAll(plan, records, acceptAll(plan, records));
  const acceptor = createAcceptor(plan);
  const truth = {
    accepted: [] as Acceptance[],
    times,
    outcomes: [] as { seq: number; id: string; outcome: OracleOutcome }[],
    deadLetters: [] as OracleDeadLetter[],
    results: [] as OracleResult[],
    alerts: [] as OracleAlert[],
    partials: [] as OraclePartial[],
  };
  const lane = createLane(plan, truth);
  let before: LaneTime = { watermark: Number.NEGATIVE_INFINITY, idle: false };
  for (const [i, record] of records.entries()) {
    const acceptance = acceptor.accept(record);
    truth.accepted.push(acceptance);
    if (acceptance !== 'repeat') lane.take(record, acceptance, before, times[i]!);
    const { seq, outcome } = truth.outcomes.at(-1) ?? { seq: -1, outcome: null };
    if (seq === record.seq && (outcome === 'rejected' || outcome === 'late')) acceptor.refused(record);
    before = times[i]!;
  }
  return truth;
}

interface Outputs {
  readonly outcomes: { seq: number; id: string; outcome: OracleOutcome }[];
  readonly deadLetters: OracleDeadLetter[];
  readonly results: OracleResult[];
  readonly alerts: OracleAlert[];
  readonly partials: OraclePartial[];
}

function createLane(plan: OraclePlan, out: Outputs) {
  const open: OpenWindows = new Map();
  const judges = createJudges(plan.detectors);
  let seq = -1;

  function emit(entry: OpenWindow, final: boolean): void {
    const { window, group, start, end } = entry;
    entry.revision++;
    const values = window.compute(entry.events);
    const result = { seq, name: window.name, group, start, end, revision: entry.revision, final, values };
    out.results.push(result);
    out.alerts.push(...judges.result(result));
  }

  function send({ window, group, start, events }: OpenWindow, live: boolean): void {
    const to = laneOf(group, plan.lanes);
    out.partials.push({ kind: 'partial', seq, to, window, group, start, events: [...events], live });
  }

  function tell(entry: OpenWindow, final: boolean, live = false): void {
    if (entry.window.local) emit(entry, final);
    else send(entry, live);
    entry.sent = entry.events.length;
  }

  function live(record: LaneRecord, event: Fields, watermark: number): void {
    const windows = windowsOf(plan, event, record.eventTime, watermark, record.attempt > 0);
    const late = windows.length > 0 && windows.every(({ folds }) => !folds);
    out.outcomes.push({ seq, id: record.id, outcome: late ? 'late' : 'processed' });
    if (late) out.deadLetters.push(deadLetter(record, 'aggregate', 'late'));
    for (const { window, group, start, folds } of windows) {
      if (!folds) continue;
      const entry = openWindow(open, window, group, start);
      entry.events.push(event);
      if (entry.closed || window.emit === 'updates') tell(entry, entry.closed, !entry.closed);
    }
    if (record.late) return;
    out.alerts.push(...judges.event(seq, record.id, record.key, record.eventTime, event, watermark));
  }

  function close(watermark: number): void {
    const closing = [...open.values()].filter((entry) => !entry.closed && entry.end <= watermark);
    for (const entry of closing.sort(byClosingOrder)) {
      entry.closed = true;
      tell(entry, true);
    }
  }

  /** An idle lane holds nothing back: the merge goes on without it. */
  function flush(): void {
    const unsent = [...open.values()].filter(
      (entry) => !entry.window.local && !entry.closed && entry.sent < entry.events.length,
    );
    for (const entry of unsent.sort(byClosingOrder)) tell(entry, false);
  }

  function mark(before: LaneTime, after: LaneTime): void {
    if (before.idle === after.idle && !crosses(plan, before.watermark, after.watermark)) return;
    for (let to = 0; to < plan.lanes; to++) out.partials.push({ kind: 'mark', seq, to, ...after });
  }

  return {
    take(record: LaneRecord, acceptance: Acceptance, before: LaneTime, after: LaneTime): void {
      seq = record.seq;
      judge(record, acceptance, out);
      if (acceptance === 'live') live(record, record.event!, after.watermark);
      close(after.watermark);
      if (after.idle && !before.idle) flush();
      forgetWindows(plan, open, after.watermark);
      if (plan.windows.some((window) => !window.local)) mark(before, after);
    },
  };
}

const DUPLICATES: ReadonlySet<Acceptance> = new Set(['position_duplicate', 'id_duplicate', 'answered']);

/** What becomes of the events that are not live. */
function judge(record: LaneRecord, acceptance: Acceptance, out: Outputs): void {
  const { seq, id } = record;
  if (DUPLICATES.has(acceptance)) {
    out.outcomes.push({ seq, id, outcome: 'duplicate' });
  } else if (acceptance === 'id_conflict') {
    out.outcomes.push({ seq, id, outcome: 'rejected' });
    const stage = record.kind === 'event' ? 'aggregate' : record.stage;
    const letter = deadLetter(record, stage, 'id_conflict');
    out.deadLetters.push({ ...letter, id: `${letter.id}/${record.digest.toString(16)}` });
  } else if (acceptance === 'passed') {
    out.outcomes.push({ seq, id, outcome: 'processed' });
  } else if (acceptance === 'rejected') {
    out.outcomes.push({ seq, id, outcome: 'rejected' });
    const { kind, event, stage, code } = record;
    const ours = event === null ? 'bad_replay' : 'expression_error';
    out.deadLetters.push(
      kind === 'rejected' ? deadLetter(record, stage, code) : deadLetter(record, 'aggregate', ours),
    );
  }
}

function deadLetter({ id, attempt }: LaneRecord, stage: string, code: string): OracleDeadLetter {
  return { id: `${id}/${stage}/${attempt}`, eventId: id, stage, code, attempt };
}

/** Whether the watermark has passed a time at which the merge does something with a window that it may have. */
function crosses(plan: OraclePlan, before: number, after: number): boolean {
  return plan.windows.some((window) => {
    if (window.local) return false;
    const late = window.sizeMs + window.latenessMs;
    return [window.sizeMs, late, late + plan.keepMs].some(
      (shift) => Math.floor((after - shift) / window.everyMs) > Math.floor((before - shift) / window.everyMs),
    );
  });
}
