import type { Counts } from '@millrace/lanes/audit';
import { STATE_ENTRIES_MAX } from '@millrace/lanes/bounds';
import { copyJson, joinStates } from '@millrace/lanes/entries';
import { readEventJson } from '@millrace/lanes/event-json';
import { type Flow, NO_POSITION, reject } from '@millrace/lanes/flow';
import type { AggregateProcessor } from '@millrace/lanes/lane-stages';
import { LaneTime } from '@millrace/lanes/lane-time';
import { laneOf } from '@millrace/lanes/murmur2';
import { LaneStopped } from '@millrace/lanes/ports/log';
import type { AggregateOutput, LaneState } from '@millrace/lanes/stage';
import type { Plan } from '@millrace/pipeline/plan';
import { type Accumulators, accumulate, createAccumulators, resultOf } from './accumulators.ts';
import { Evaluation, type Share } from './evaluation.ts';
import { Judges } from './judges.ts';
import { KnownIds } from './known-ids.ts';
import { Crossings } from './marks.ts';
import { type Cell, OpenWindows } from './open-windows.ts';
import { Refusals } from './refusals.ts';

const LATE_AGAIN = 'its windows are no longer kept for corrections; `time.keep` says how long they are';

/** What a lane keeps of a window's group. */
interface Content {
  accumulators: Accumulators;
  /** Merged windows: folded since its last partial. */
  unsent: boolean;
}

/**
 * Aggregate, one lane: removes duplicates, keeps the lane's time, folds events into windows and judges them.
 * `counts` gets each event's outcome; it is saved with the lane's position.
 */
export function createAggregate(plan: Plan, counts: Counts): AggregateProcessor {
  return new Aggregate(plan, counts);
}

class Aggregate implements AggregateProcessor {
  readonly time: LaneTime;
  readonly state: LaneState;
  readonly #plan: Plan;
  readonly #counts: Counts;
  readonly #ids: KnownIds;
  readonly #refusals = new Refusals();
  readonly #evaluation: Evaluation;
  readonly #judges: Judges;
  readonly #windows: OpenWindows<Content>;
  readonly #crossings: Crossings;
  readonly #hasMerged: boolean;
  /** Open cells with partials that nobody has asked for yet. */
  #unsent: Cell<Content>[] = [];

  constructor(plan: Plan, counts: Counts) {
    this.#plan = plan;
    this.#counts = counts;
    this.time = new LaneTime({
      time: plan.time,
      sources: plan.sources,
      longestMs: Math.max(0, ...plan.windows.map((window) => window.window.longestMs)),
      latenessMs: Math.max(0, ...plan.windows.map((window) => window.latenessMs)),
    });
    this.#ids = new KnownIds(plan.time.dedupeMs);
    this.#evaluation = new Evaluation(plan);
    this.#judges = new Judges(plan);
    this.#windows = new OpenWindows(plan.windows, plan.time.keepMs, (cell) =>
      resultOf(cell, cell.content.accumulators),
    );
    const merged = plan.windows.filter((window) => !window.local);
    this.#hasMerged = merged.length > 0;
    this.#crossings = new Crossings(merged, plan.time.keepMs);
    this.state = joinStates({
      time: this.time,
      ids: this.#ids,
      refusals: this.#refusals,
      judges: this.#judges.state,
      windows: this.#windows,
    });
  }

  openWindows(): number {
    return this.#windows.openCount();
  }

  process(record: Flow, out: AggregateOutput): void {
    const { watermark, idle } = this.time;
    this.#ids.hear(record.ingestTime);
    this.#refusals.begin(record.seq);
    switch (record.kind) {
      case 'opened':
        this.time.opened(record);
        break;
      case 'tick':
        this.time.tick(record);
        break;
      default:
        this.#take(record, out);
    }
    this.#settle(watermark, idle, out);
    if (this.state.size() > STATE_ENTRIES_MAX) {
      throw new LaneStopped(
        'state_limit',
        `more than ${STATE_ENTRIES_MAX} windows, detector groups and ids are open in a lane; use shorter windows, less lateness or fewer groups, or more lanes`,
      );
    }
  }

  /** An event of any verdict: the first outcome that fits. */
  #take(record: Flow, out: AggregateOutput): void {
    const replayed = record.attempt > 0;
    if (replayed ? this.#isAnswered(record) : this.time.isRepeatedPosition(record)) {
      this.#counts.duplicate++;
      return;
    }
    if (!replayed) this.time.hear(record);
    if (replayed || record.position === NO_POSITION || this.#plan.event.id !== null) {
      const acquaintance = this.#ids.meet(record);
      if (acquaintance === 'duplicate') {
        this.#counts.duplicate++;
        return;
      }
      if (acquaintance === 'conflict') this.#refuseConflict(record);
    }
    const corrects = record.kind === 'replay' && record.stage === 'aggregate' && this.#revive(record);
    if (record.kind === 'event') this.#evaluate(record);
    if (record.kind === 'rejected') this.#counts.rejected++;
    else if (record.kind === 'replay') this.#counts.processed++;
    else this.#fold(record, replayed, corrects, out);
    // Before it is handed on, and changed.
    if (record.kind === 'rejected' || record.late) this.#refusals.note(record.seq);
    out.forward(record);
  }

  /** What it replays counts already. A sink's dead letter does, and is handed to the sink all the same. */
  #isAnswered({ kind, stage, position }: Flow): boolean {
    if (kind === 'replay' && stage !== 'aggregate') return false;
    return this.#refusals.isAnswered(position);
  }

  /**
   * What had been refused before, or is a replay for another stage, stays that stage's: its own replay must not pass
   * the stage by.
   */
  #refuseConflict(record: Flow): void {
    const stage = record.kind === 'event' ? 'aggregate' : record.stage;
    const before = record.kind === 'rejected' ? `${record.code}: ${record.message}; besides, ` : '';
    const rule = `ids must be unique within ${this.#plan.time.dedupeMs} ms`;
    reject(
      record,
      stage,
      'id_conflict',
      `${before}id "${record.id}" came before with other content; ${rule}`,
    );
  }

  /** Makes a replay for aggregate an event again. True: it was late, so its windows alone are to be corrected. */
  #revive(record: Flow): boolean {
    try {
      readEventJson(record);
    } catch (error) {
      reject(record, 'aggregate', 'bad_replay', messageOf(error));
      return false;
    }
    record.kind = 'event';
    return record.late;
  }

  #evaluate(record: Flow): void {
    try {
      this.#evaluation.evaluate(record);
    } catch (error) {
      reject(record, 'aggregate', 'expression_error', messageOf(error));
    }
  }

  /** `corrects`: it was late before, when detectors and routes saw it: now only its windows do. */
  #fold(record: Flow, replayed: boolean, corrects: boolean, out: AggregateOutput): void {
    if (!replayed) this.time.event(record);
    let belongs = 0;
    let late = 0;
    for (const share of this.#evaluation.shares) {
      if (share.group === null) continue;
      for (const start of share.plan.window.starts(record.eventTime)) {
        belongs++;
        if (!this.#foldInto(share, start, record, out)) late++;
      }
    }
    record.late = belongs > 0 && late === belongs;
    if (record.late) this.#counts.late++;
    else this.#counts.processed++;
    for (const flag of record.flags) this.#counts.flags[flag] = (this.#counts.flags[flag] ?? 0) + 1;
    if (corrects) {
      if (record.late) reject(record, 'aggregate', 'late', LATE_AGAIN);
      else record.kind = 'replay';
      return;
    }
    for (const look of this.#evaluation.looks) {
      const alert = this.#judges.event(look, record.id, record.eventTime, this.time.watermark);
      if (alert !== null) out.alert(alert);
    }
  }

  /** False: too late for this window. */
  #foldInto(share: Share, start: number, record: Flow, out: AggregateOutput): boolean {
    const { plan, values } = share;
    const group = share.group as string;
    const { watermark } = this.time;
    if (plan.window.end(start) + plan.latenessMs <= watermark) {
      const corrects = plan.onLate === 'update' || record.attempt > 0;
      if (!corrects || this.#windows.isForgotten(plan, start, watermark)) return false;
    }
    let cell = this.#windows.find(plan, start, group);
    if (cell === undefined) {
      const content = { accumulators: createAccumulators(plan), unsent: false };
      cell = this.#windows.create(plan, start, group, content);
    }
    accumulate(plan, cell.content.accumulators, values);
    const wasUnsent = cell.content.unsent;
    cell.content.unsent = !plan.local;
    this.#windows.touch(cell);
    if (record.trace !== null) out.folded?.(cell);
    if (cell.closed) this.#emit(cell, out);
    else if (plan.emit === 'updates') {
      if (plan.local || out.everyPartial) this.#emit(cell, out);
      else if (!wasUnsent) this.#unsent.push(cell);
    }
    return true;
  }

  #emit(cell: Cell<Content>, out: AggregateOutput): void {
    if (!cell.plan.local) {
      this.#send(cell, out);
      return;
    }
    cell.revision++;
    out.window(cell);
    this.#judges.result(cell, out);
  }

  #send(cell: Cell<Content>, out: AggregateOutput): void {
    const { plan, group, start, content } = cell;
    content.unsent = false;
    this.#windows.touch(cell);
    const accumulators = copyJson(content.accumulators);
    const partial = { kind: 'partial', window: plan.name, group, start, accumulators } as const;
    out.partial(laneOf(group, this.#plan.lanes), partial, cell);
  }

  sendPartials(out: AggregateOutput): void {
    for (const cell of this.#unsent) if (cell.content.unsent) this.#send(cell, out);
    this.#unsent = [];
  }

  /** What the record's time brings about, in the order of docs/semantics.md, "Windows" 1. */
  #settle(before: number, wasIdle: boolean, out: AggregateOutput): void {
    const { watermark, idle } = this.time;
    const isDue = this.#windows.isDue(watermark);
    if (isDue) this.#windows.close(watermark, (cell) => this.#emit(cell, out));
    if (idle && !wasIdle) {
      for (const cell of this.#windows.open()) if (cell.content.unsent) this.#send(cell, out);
    }
    if (isDue) this.#windows.forget(watermark);
    this.#judges.forget(watermark);
    const crossed = this.#crossings.crossed(before, watermark);
    if ((crossed || idle !== wasIdle) && this.#hasMerged) {
      for (let lane = 0; lane < this.#plan.lanes; lane++)
        out.partial(lane, { kind: 'mark', watermark, idle });
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
