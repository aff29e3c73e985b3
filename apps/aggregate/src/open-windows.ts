import { decodeJson, encodeJson } from '@millrace/lanes/entries';
import { NO_TIME } from '@millrace/lanes/flow';
import { NOT_WAITING, type WindowResult, type WindowView } from '@millrace/lanes/made';
import type { LaneState, StateChanges } from '@millrace/lanes/stage';
import type { WindowPlan } from '@millrace/pipeline/plan';
import { compareBytes } from './byte-order.ts';

/** Detectors that fired, of the many windows in which none did. */
const NONE: readonly string[] = [];

/** How a cell's content is shown. */
interface View<Content> {
  resultOf(cell: Cell<Content>): WindowResult;
}

/** One group of one window: what is kept from its first event until it is forgotten. */
export class Cell<Content> implements WindowView {
  readonly plan: WindowPlan;
  readonly group: string;
  readonly start: number;
  readonly end: number;
  content: Content;
  /** Results emitted so far. */
  revision = 0;
  closed = false;
  /** Detectors with `once_per: window` that have fired. */
  fired = NONE;
  changed = false;
  waiting = NOT_WAITING;
  readonly #view: View<Content>;

  constructor(plan: WindowPlan, group: string, start: number, content: Content, view: View<Content>) {
    this.plan = plan;
    this.group = group;
    this.start = start;
    this.end = plan.window.end(start);
    this.content = content;
    this.#view = view;
  }

  get name(): string {
    return this.plan.name;
  }

  /** Its name among the saved entries. */
  get key(): string {
    return `${this.plan.name}/${this.start}/${this.group}`;
  }

  result(): WindowResult {
    return this.#view.resultOf(this);
  }
}

interface Bucket<Content> {
  readonly end: number;
  /** When its cells are forgotten. */
  readonly forgetAt: number;
  readonly cells: Map<string, Cell<Content>>;
  /** Cells that have not been closed. */
  open: number;
}

/**
 * The windows that a lane (or the merge) holds, found by (window, start, group) and closed and forgotten in the
 * order that docs/semantics.md gives, whatever order they came in.
 */
export class OpenWindows<Content> implements LaneState {
  readonly #plans: ReadonlyMap<string, WindowPlan>;
  readonly #keepMs: number;
  readonly #view: View<Content>;
  readonly #buckets = new Map<string, Map<number, Bucket<Content>>>();
  #cells = 0;
  #open = 0;
  #changed: Cell<Content>[] = [];
  #removed: string[] = [];
  /** Lower bounds for what the next close and forget have to look at. */
  #nextClose = Number.POSITIVE_INFINITY;
  #nextForget = Number.POSITIVE_INFINITY;

  constructor(plans: readonly WindowPlan[], keepMs: number, resultOf: (cell: Cell<Content>) => WindowResult) {
    this.#view = { resultOf };
    this.#plans = new Map(plans.map((plan) => [plan.name, plan]));
    this.#keepMs = keepMs;
    for (const plan of plans) this.#buckets.set(plan.name, new Map());
  }

  find(plan: WindowPlan, start: number, group: string): Cell<Content> | undefined {
    return this.#buckets.get(plan.name)?.get(start)?.cells.get(group);
  }

  create(plan: WindowPlan, start: number, group: string, content: Content): Cell<Content> {
    const cell = new Cell(plan, group, start, content, this.#view);
    this.#insert(cell);
    this.touch(cell);
    return cell;
  }

  /** To be called after a cell was changed. */
  touch(cell: Cell<Content>): void {
    if (cell.changed) return;
    cell.changed = true;
    this.#changed.push(cell);
  }

  /** Whether `close` or `forget` has anything to look at. */
  isDue(watermark: number): boolean {
    return watermark >= this.#nextClose || watermark >= this.#nextForget;
  }

  /** Closes what ends at or before the watermark, by (end, window name, group bytes). */
  close(watermark: number, closing: (cell: Cell<Content>) => void): void {
    if (watermark < this.#nextClose) return;
    const due: Cell<Content>[] = [];
    this.#nextClose = Number.POSITIVE_INFINITY;
    for (const buckets of this.#buckets.values()) {
      for (const bucket of buckets.values()) {
        if (bucket.open === 0) continue;
        if (bucket.end > watermark) {
          if (bucket.end < this.#nextClose) this.#nextClose = bucket.end;
          continue;
        }
        for (const cell of bucket.cells.values()) if (!cell.closed) due.push(cell);
        bucket.open = 0;
      }
    }
    due.sort(byEndNameGroup);
    this.#open -= due.length;
    for (const cell of due) {
      cell.closed = true;
      this.touch(cell);
      closing(cell);
    }
  }

  /** Whether a window of this plan and start is past keeping. */
  isForgotten(plan: WindowPlan, start: number, watermark: number): boolean {
    return watermark !== NO_TIME && plan.window.end(start) + plan.latenessMs + this.#keepMs <= watermark;
  }

  forget(watermark: number): void {
    if (watermark < this.#nextForget) return;
    this.#nextForget = Number.POSITIVE_INFINITY;
    for (const buckets of this.#buckets.values()) {
      for (const [start, bucket] of buckets) {
        if (bucket.forgetAt > watermark) {
          if (bucket.forgetAt < this.#nextForget) this.#nextForget = bucket.forgetAt;
          continue;
        }
        for (const cell of bucket.cells.values()) this.#removed.push(cell.key);
        this.#cells -= bucket.cells.size;
        buckets.delete(start);
      }
    }
  }

  /** How many have not been closed; the others are kept for corrections. */
  openCount(): number {
    return this.#open;
  }

  /** Cells that have not been closed, in closing order. */
  open(): Cell<Content>[] {
    const cells: Cell<Content>[] = [];
    for (const buckets of this.#buckets.values()) {
      for (const bucket of buckets.values()) {
        if (bucket.open === 0) continue;
        for (const cell of bucket.cells.values()) if (!cell.closed) cells.push(cell);
      }
    }
    return cells.sort(byEndNameGroup);
  }

  drain(changes: StateChanges): void {
    for (const key of this.#removed) changes.remove(key);
    const removed = new Set(this.#removed);
    for (const cell of this.#changed) {
      cell.changed = false;
      const { key } = cell;
      if (removed.has(key)) continue;
      const { content, revision, closed, fired } = cell;
      changes.put(
        key,
        encodeJson(fired.length === 0 ? [content, revision, closed] : [content, revision, closed, fired]),
      );
    }
    this.#changed = [];
    this.#removed = [];
  }

  restore(key: string, value: Uint8Array): void {
    const [name = '', startText = ''] = key.split('/', 2);
    const group = key.slice(name.length + startText.length + 2);
    const plan = this.#plans.get(name);
    if (plan === undefined) throw new Error(`saved state has a window "${name}" that the plan does not have`);
    const start = Number(startText);
    const [content, revision, closed, fired = NONE] =
      decodeJson<[Content, number, boolean, (readonly string[])?]>(value);
    const cell = new Cell(plan, group, start, content, this.#view);
    Object.assign(cell, { revision, closed, fired });
    this.#insert(cell);
  }

  size(): number {
    return this.#cells;
  }

  #insert(cell: Cell<Content>): void {
    const buckets = this.#buckets.get(cell.plan.name);
    if (buckets === undefined) throw new Error(`no window "${cell.plan.name}" here`);
    let bucket = buckets.get(cell.start);
    if (bucket === undefined) {
      const forgetAt = cell.end + cell.plan.latenessMs + this.#keepMs;
      bucket = { end: cell.end, forgetAt, cells: new Map(), open: 0 };
      buckets.set(cell.start, bucket);
      if (forgetAt < this.#nextForget) this.#nextForget = forgetAt;
    }
    bucket.cells.set(cell.group, cell);
    this.#cells++;
    if (!cell.closed) {
      bucket.open++;
      this.#open++;
      if (cell.end < this.#nextClose) this.#nextClose = cell.end;
    }
  }
}

function byEndNameGroup(left: Cell<unknown>, right: Cell<unknown>): number {
  if (left.end !== right.end) return left.end - right.end;
  if (left.plan.name !== right.plan.name) return left.plan.name < right.plan.name ? -1 : 1;
  return compareBytes(left.group, right.group);
}
