import { WINDOW_LINKS_MAX } from './bounds.ts';
import type { WindowView } from './made.ts';
import type { TraceContext } from './trace-context.ts';

interface Sampled {
  links: TraceContext[];
  /** Some came since the last result. */
  fresh: boolean;
  final: boolean;
}

const NONE: readonly TraceContext[] = [];

/**
 * Which sampled events a lane's windows hold: the newest WINDOW_LINKS_MAX of each. Not saved: what went into a window
 * before a take-over is not linked to.
 */
export class WindowLinks {
  readonly #sampled = new WeakMap<WindowView, Sampled>();
  #none = true;

  /** A sampled event went into the window. */
  note(view: WindowView, trace: TraceContext): void {
    this.#none = false;
    const sampled = this.#sampled.get(view);
    if (sampled === undefined) {
      this.#sampled.set(view, { links: [trace], fresh: true, final: false });
      return;
    }
    sampled.fresh = true;
    // A partial brings what the one before it had brought.
    if (sampled.links.some(({ parent }) => parent === trace.parent)) return;
    if (sampled.links.length === WINDOW_LINKS_MAX) sampled.links.shift();
    sampled.links.push(trace);
  }

  /**
   * What a new result links to. Empty: no sampled event has come since the result before, unless this is the first
   * final one; so events that are not sampled make no spans.
   */
  take(view: WindowView, final: boolean): readonly TraceContext[] {
    const sampled = this.#none ? undefined : this.#sampled.get(view);
    if (sampled === undefined) return NONE;
    const closes = final && !sampled.final;
    if (!sampled.fresh && !closes) return NONE;
    sampled.fresh = false;
    sampled.final = final;
    return [...sampled.links];
  }

  /** All that the window holds. */
  of(view: WindowView): readonly TraceContext[] {
    return this.#none ? NONE : (this.#sampled.get(view)?.links ?? NONE);
  }
}
