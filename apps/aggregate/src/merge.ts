import { decodeJson, encodeJson, joinStates } from '@millrace/lanes/entries';
import { NO_TIME } from '@millrace/lanes/flow';
import type { Mark, Partial } from '@millrace/lanes/made';
import type { LaneState, MergeInput, MergeOutput, Processor, StateChanges } from '@millrace/lanes/stage';
import type { Plan, WindowPlan } from '@millrace/pipeline/plan';
import { type Accumulators, resultOf, sumAccumulators } from './accumulators.ts';
import { Judges } from './judges.ts';
import { type Cell, OpenWindows } from './open-windows.ts';

/** By lane: its whole accumulators, null until it sent any. */
type Content = (Accumulators | null)[];

/**
 * The second phase of windows whose group is not the lane's key: sums what the lanes send for one partition of
 * groups. A lane of its own, over partials.
 */
export function createMerge(plan: Plan): Processor<MergeInput, MergeOutput> {
  return new Merge(plan);
}

class Merge implements Processor<MergeInput, MergeOutput> {
  readonly state: LaneState;
  readonly #plans: ReadonlyMap<string, WindowPlan>;
  readonly #lanes: number;
  readonly #time: MergeTime;
  readonly #windows: OpenWindows<Content>;
  readonly #judges: Judges;

  constructor(plan: Plan) {
    const merged = plan.windows.filter((window) => !window.local);
    this.#plans = new Map(merged.map((window) => [window.name, window]));
    this.#lanes = plan.lanes;
    this.#time = new MergeTime(plan.lanes);
    this.#windows = new OpenWindows(merged, plan.time.keepMs, (cell) =>
      resultOf(cell, sumAccumulators(cell.plan, cell.content)),
    );
    this.#judges = new Judges(plan);
    this.state = joinStates({ time: this.#time, judges: this.#judges.state, windows: this.#windows });
  }

  process(input: MergeInput, out: MergeOutput): void {
    if (input.record.kind === 'mark') this.#time.hear(input.lane, input.record);
    else this.#fold(input.lane, input.record, out);
    const { watermark } = this.#time;
    if (!this.#windows.isDue(watermark)) return;
    this.#windows.close(watermark, (cell) => this.#emit(cell, out));
    this.#windows.forget(watermark);
    this.#judges.forget(watermark);
  }

  #fold(lane: number, partial: Partial, out: MergeOutput): void {
    const { window, group, start, accumulators } = partial;
    const plan = this.#plans.get(window);
    if (plan === undefined) throw new Error(`partial of window "${window}", which the plan does not merge`);
    let cell = this.#windows.find(plan, start, group);
    if (cell === undefined) {
      if (this.#windows.isForgotten(plan, start, this.#time.watermark)) {
        out.lateMerge({ window, group, start, lane, accumulators });
        return;
      }
      cell = this.#windows.create(plan, start, group, new Array<Accumulators | null>(this.#lanes).fill(null));
    }
    cell.content[lane] = accumulators as Accumulators;
    this.#windows.touch(cell);
    out.folded?.(cell);
    if (cell.closed || plan.emit === 'updates') this.#emit(cell, out);
  }

  #emit(cell: Cell<Content>, out: MergeOutput): void {
    cell.revision++;
    this.#windows.touch(cell);
    out.window(cell);
    // Live values of a merged window depend on how the lanes race; only final ones are judged.
    if (cell.closed) this.#judges.result(cell, out);
  }
}

/** How far every lane is, as its marks say. */
class MergeTime implements LaneState {
  watermark = NO_TIME;
  #lanes: { watermark: number; idle: boolean }[];
  #heard = false;
  #changed = false;

  constructor(lanes: number) {
    this.#lanes = Array.from({ length: lanes }, () => ({ watermark: NO_TIME, idle: false }));
  }

  hear(lane: number, mark: Mark): void {
    this.#lanes[lane] = { watermark: mark.watermark, idle: mark.idle };
    this.#heard = true;
    this.#changed = true;
    let lowestActive = Number.POSITIVE_INFINITY;
    let highest = NO_TIME;
    for (const { watermark, idle } of this.#lanes) {
      if (watermark > highest) highest = watermark;
      if (!idle && watermark < lowestActive) lowestActive = watermark;
    }
    const known = lowestActive === Number.POSITIVE_INFINITY ? highest : lowestActive;
    if (known > this.watermark) this.watermark = known;
  }

  drain(changes: StateChanges): void {
    if (!this.#changed) return;
    this.#changed = false;
    changes.put('lanes', encodeJson({ watermark: this.watermark, lanes: this.#lanes }));
  }

  restore(_key: string, value: Uint8Array): void {
    const saved = decodeJson<{ watermark: number; lanes: { watermark: number; idle: boolean }[] }>(value);
    this.watermark = saved.watermark;
    this.#lanes = saved.lanes;
    this.#heard = true;
  }

  size(): number {
    return this.#heard ? 1 : 0;
  }
}
