import type { TraceContext } from '../trace-context.ts';

/**
 * Port: spans of what is sampled. Distributed and embedded: OpenTelemetry, where an address is given; otherwise
 * `noTracer`. Nothing that it does disturbs the pipeline: it never throws and never waits.
 */
export interface Tracer {
  /** False: spans are kept by nobody. Traces that others began are passed on as they came. */
  readonly active: boolean;
  /** What the log and the results stand on, by OpenTelemetry's names: `kafka`, `cassandra`. */
  readonly systems: { readonly log: string; readonly results: string };
  /** By the rate: whether an event of which nobody has said so begins a trace. Costs some nanoseconds. */
  sampled(): boolean;
  /** A child of `parent`, or with NEW_TRACE the first of a trace. Whoever starts a span ends it. */
  start(span: SpanStart, parent: TraceContext): Span;
}

export type SpanAttributes = Readonly<Record<string, string | number | boolean | readonly string[]>>;

export interface SpanStart {
  readonly name: string;
  readonly kind: 'server' | 'producer' | 'consumer' | 'client' | 'internal';
  /** By OpenTelemetry's semantic conventions (`span-attributes.ts`). */
  readonly attributes: SpanAttributes;
  /** Spans of other traces that it is made of. */
  readonly links?: readonly TraceContext[];
}

/** As a context it is what its children are given. */
export interface Span extends TraceContext {
  set(attributes: SpanAttributes): void;
  /** Marks it as an error. */
  fail(message: string): void;
  end(): void;
}

/** Nobody keeps it: what comes next is a child of what came before. */
class PassedOn implements Span {
  readonly parent: string;
  readonly state: string;
  constructor({ parent, state }: TraceContext) {
    this.parent = parent;
    this.state = state;
  }
  set(): void {}
  fail(): void {}
  end(): void {}
}

export const noTracer: Tracer = {
  active: false,
  systems: { log: '', results: '' },
  sampled: () => false,
  start: (_span, parent) => new PassedOn(parent),
};
