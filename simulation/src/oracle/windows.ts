import { type Fields, type OraclePlan, type OracleWindow, startsOf, type Values } from './plan.ts';

/** A result of a window, in the order of emission. */
export interface OracleResult {
  /** The seq of the record that caused it. */
  readonly seq: number;
  readonly name: string;
  readonly group: string;
  readonly start: number;
  readonly end: number;
  readonly revision: number;
  readonly final: boolean;
  readonly values: Values;
}

/** What a lane knows of one window of one group. */
export interface OpenWindow {
  readonly window: OracleWindow;
  readonly group: string;
  readonly start: number;
  readonly end: number;
  readonly events: Fields[];
  closed: boolean;
  revision: number;
  /** Non-local: how many of the events the merge has been told of. */
  sent: number;
}

export type OpenWindows = Map<string, OpenWindow>;

export function keyOf(name: string, group: string, start: number): string {
  return JSON.stringify([name, group, start]);
}

/** The one for (window, group, start), made when there is none. */
export function openWindow(
  open: OpenWindows,
  window: OracleWindow,
  group: string,
  start: number,
): OpenWindow {
  const key = keyOf(window.name, group, start);
  let found = open.get(key);
  if (found === undefined) {
    const end = start + window.sizeMs;
    found = { window, group, start, end, events: [], closed: false, revision: 0, sent: 0 };
    open.set(key, found);
  }
  return found;
}

/** The windows of an event, with what each is to it: it is folded, or it comes too late. */
export function windowsOf(
  plan: OraclePlan,
  event: Fields,
  time: number,
  watermark: number,
  replay: boolean,
): { window: OracleWindow; group: string; start: number; folds: boolean }[] {
  return plan.windows.flatMap((window) => {
    const group = window.when(event) ? window.by(event) : null;
    if (group === null) return [];
    return startsOf(window, time).map((start) => {
      const lateAt = start + window.sizeMs + window.latenessMs;
      const corrects = (window.onLate === 'update' || replay) && lateAt + plan.keepMs > watermark;
      return { window, group, start, folds: lateAt > watermark || corrects };
    });
  });
}

/** Closings go out by (end, window name, the group's UTF-8 bytes). */
export function byClosingOrder(left: OpenWindow, right: OpenWindow): number {
  if (left.end !== right.end) return left.end - right.end;
  if (left.window.name !== right.window.name) return left.window.name < right.window.name ? -1 : 1;
  return Buffer.compare(Buffer.from(left.group, 'utf8'), Buffer.from(right.group, 'utf8'));
}

export function forgetWindows(plan: OraclePlan, open: OpenWindows, watermark: number): void {
  for (const [key, { window, end }] of open) {
    if (end + window.latenessMs + plan.keepMs <= watermark) open.delete(key);
  }
}
