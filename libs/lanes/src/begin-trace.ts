import type { Tracer } from './ports/tracer.ts';
import { NEW_TRACE, readTraceparent, type TraceContext } from './trace-context.ts';

/**
 * Whether what has just come in is traced: as its sender says, and where it says nothing (or nonsense) by the rate.
 * Null: it is not.
 */
export function beginTrace(
  tracer: Pick<Tracer, 'sampled'>,
  traceparent: string | undefined,
  tracestate: string | undefined,
): TraceContext | null {
  const arrived = traceparent === undefined ? 'malformed' : readTraceparent(traceparent, tracestate);
  if (arrived === 'unsampled') return null;
  if (arrived === 'malformed') return tracer.sampled() ? NEW_TRACE : null;
  return arrived;
}
