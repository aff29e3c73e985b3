/**
 * Where a sampled event is in its trace (https://www.w3.org/TR/trace-context/). What is not sampled has none, costs
 * nothing and carries no header.
 */
export interface TraceContext {
  /** `00-TRACE_ID-SPAN_ID-01`: what comes next is a child of this span. Empty: the first span is yet to come. */
  readonly parent: string;
  /** What tracing systems pass on to one another (`tracestate`); empty: nothing. */
  readonly state: string;
}

/** Sampled here: its first span begins a trace. */
export const NEW_TRACE: TraceContext = { parent: '', state: '' };

type Headers = Readonly<Record<string, string>>;

/** Later versions may add fields after these four; `ff` is none. */
const TRACEPARENT =
  /^(?!ff)([0-9a-f]{2})-((?!0{32})[0-9a-f]{32})-((?!0{16})[0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const SAMPLED_FLAG = 1;
/** A tracestate of more, or of other characters, is left out: it is nothing that we read. */
const TRACESTATE = /^[\x20-\x7e]{1,512}$/;
const TRACE_ID_AT = 3;
const TRACE_ID_LENGTH = 32;
const SPAN_ID_AT = TRACE_ID_AT + TRACE_ID_LENGTH + 1;
const SPAN_ID_LENGTH = 16;

/** `malformed` is to be treated as if there were none. */
export type Arrived = TraceContext | 'unsampled' | 'malformed';

/** What a caller's headers say. */
export function readTraceparent(traceparent: string | undefined, tracestate: string | undefined): Arrived {
  const fields = traceparent === undefined ? null : TRACEPARENT.exec(traceparent);
  if (fields === null) return 'malformed';
  const [, version, traceId, spanId, flags, more] = fields;
  if (version === '00' && more !== undefined) return 'malformed';
  if ((Number.parseInt(flags!, 16) & SAMPLED_FLAG) === 0) return 'unsampled';
  const state = tracestate !== undefined && TRACESTATE.test(tracestate) ? tracestate : '';
  return { parent: traceparentOf(traceId!, spanId!), state };
}

/** Of a sampled span, by its ids in hex. */
export function traceparentOf(traceId: string, spanId: string): string {
  return `00-${traceId}-${spanId}-01`;
}

/** 32 hex digits; empty: not sampled. */
export function traceIdOf(trace: TraceContext | null): string {
  return trace === null ? '' : trace.parent.slice(TRACE_ID_AT, TRACE_ID_AT + TRACE_ID_LENGTH);
}

/** 16 hex digits; empty: not sampled. */
export function spanIdOf(trace: TraceContext | null): string {
  return trace === null ? '' : trace.parent.slice(SPAN_ID_AT, SPAN_ID_AT + SPAN_ID_LENGTH);
}

/** Of a record of ours. */
export function traceOf(headers: Headers | undefined): TraceContext | null {
  if (headers?.traceparent === undefined) return null;
  const trace = readTraceparent(headers.traceparent, headers.tracestate);
  return typeof trace === 'string' ? null : trace;
}

export function traceHeaders({ parent, state }: TraceContext): Headers {
  return state === '' ? { traceparent: parent } : { traceparent: parent, tracestate: state };
}

/** For log lines: with these names others' tools find the trace. */
export function traceFields(trace: TraceContext | null): { trace_id?: string; span_id?: string } {
  return trace === null ? {} : { trace_id: traceIdOf(trace), span_id: spanIdOf(trace) };
}
