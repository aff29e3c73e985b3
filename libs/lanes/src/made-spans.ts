import type { Hops } from './hops.ts';
import type { Alert, Mark, Partial, WindowResult, WindowView } from './made.ts';
import { ATTRIBUTE } from './span-attributes.ts';
import { NEW_TRACE, type TraceContext, traceHeaders } from './trace-context.ts';
import { WindowLinks } from './window-links.ts';

type Headers = Readonly<Record<string, string>>;

/** On partials: the events that the lane's part of the window holds, so that the merged window links to them. */
const LINKS_HEADER = 'millrace.links';

/**
 * Traces of what a lane makes itself. A window's result, or a partial, has many events: it begins a trace of its own
 * that links to the sampled ones among them. An event's alert goes on with that event's trace.
 */
export class MadeSpans {
  readonly #hops: Hops;
  readonly #pipeline: string;
  readonly #links = new WindowLinks();

  constructor(hops: Hops, pipeline: string) {
    this.#hops = hops;
    this.#pipeline = pipeline;
  }

  /** The record at hand went into the window; a partial brings the events that it is made of. */
  folded(view: WindowView, origins: readonly TraceContext[] = []): void {
    const { current } = this.#hops;
    if (current === null || !this.#hops.tracer.active) return;
    if (origins.length === 0) this.#links.note(view, current);
    for (const origin of origins) this.#links.note(view, origin);
  }

  window(lane: number, view: WindowView, { name, start, final }: WindowResult): TraceContext | null {
    const links = this.#links.take(view, final);
    if (links.length === 0) return null;
    const attributes = {
      [ATTRIBUTE.window]: name,
      [ATTRIBUTE.windowStart]: start,
      [ATTRIBUTE.windowFinal]: final,
    };
    return this.#hops.made(`${this.#pipeline}.windows`, lane, attributes, links, NEW_TRACE);
  }

  /** `of`: the window that it is about; otherwise it is about the event at hand. */
  alert(lane: number, { name }: Alert, of: WindowView | undefined): TraceContext | null {
    const { current } = this.#hops;
    const links = of === undefined ? (current === null ? [] : [current]) : this.#links.of(of);
    if (links.length === 0) return null;
    const parent = of === undefined ? current! : NEW_TRACE;
    return this.#hops.made(`${this.#pipeline}.alerts`, lane, { [ATTRIBUTE.alert]: name }, links, parent);
  }

  /** @returns the headers of the record; null: no sampled event came since the one before. */
  partial(lane: number, record: Partial | Mark, of: WindowView | undefined): Headers | null {
    if (of === undefined || record.kind === 'mark') return null;
    const links = this.#links.take(of, false);
    if (links.length === 0) return null;
    const attributes = { [ATTRIBUTE.window]: record.window, [ATTRIBUTE.windowStart]: record.start };
    const trace = this.#hops.made(`${this.#pipeline}.partials`, lane, attributes, links, NEW_TRACE);
    return { ...traceHeaders(trace), [LINKS_HEADER]: links.map(({ parent }) => parent).join(',') };
  }
}

/** The events that a partial is made of. */
export function originsOf(headers: Headers | undefined): readonly TraceContext[] {
  const links = headers?.[LINKS_HEADER];
  return links === undefined ? [] : links.split(',').map((parent) => ({ parent, state: '' }));
}
