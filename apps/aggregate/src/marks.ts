import { NO_TIME } from '@millrace/lanes/flow';
import type { WindowPlan } from '@millrace/pipeline/plan';

/**
 * Tells when the merge has to hear of a lane's watermark: when it crosses the point where some window closes, stops
 * taking late events, or is forgotten.
 */
export class Crossings {
  readonly #points: readonly { readonly plan: WindowPlan; readonly shiftMs: number }[];
  /** The watermark at which the next of them is crossed. */
  #next = NO_TIME;

  constructor(merged: readonly WindowPlan[], keepMs: number) {
    this.#points = merged.flatMap((plan) =>
      [0, plan.latenessMs, plan.latenessMs + keepMs].map((shiftMs) => ({ plan, shiftMs })),
    );
  }

  /** Whether the watermark has crossed a point since the last call. A pure function of the two watermarks. */
  crossed(before: number, watermark: number): boolean {
    if (this.#points.length === 0 || watermark === before || watermark < this.#next) return false;
    const crossed = before === NO_TIME || this.#after(before) <= watermark;
    this.#next = this.#after(watermark);
    return crossed;
  }

  /** The first point beyond a watermark. */
  #after(watermark: number): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { plan, shiftMs } of this.#points) {
      const first = plan.window.starts(watermark - shiftMs)[0];
      if (first !== undefined) next = Math.min(next, plan.window.end(first) + shiftMs);
    }
    return next;
  }
}
