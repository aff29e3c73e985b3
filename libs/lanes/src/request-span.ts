import { beginTrace } from './begin-trace.ts';
import type { Span, Tracer } from './ports/tracer.ts';
import { ATTRIBUTE } from './span-attributes.ts';
import type { TraceContext } from './trace-context.ts';

/** A request over HTTP, as Fastify has it. */
export interface TracedRequest {
  readonly method: string;
  readonly url: string;
  readonly routeOptions: { readonly url?: string | undefined };
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Where a request is in its trace: as its sender says, otherwise by the tracer's rate. Null: it is not traced. */
export function traceOfRequest(
  tracer: Pick<Tracer, 'sampled'>,
  { headers }: TracedRequest,
): TraceContext | null {
  return beginTrace(tracer, textOf(headers.traceparent), textOf(headers.tracestate));
}

/** @param stage that answers it. */
export function startRequestSpan(
  tracer: Tracer,
  { method, url, routeOptions }: TracedRequest,
  trace: TraceContext,
  stage: string,
): Span {
  const route = routeOptions.url ?? '';
  const attributes = {
    [ATTRIBUTE.httpMethod]: method,
    [ATTRIBUTE.httpRoute]: route,
    [ATTRIBUTE.urlPath]: url.split('?', 1)[0]!,
    [ATTRIBUTE.stage]: stage,
  };
  return tracer.start({ name: `${method} ${route}`, kind: 'server', attributes }, trace);
}

/** `problem`: the code of the answer; null: there was none. */
export function endRequestSpan(span: Span, status: number, problem: string | null): void {
  span.set({ [ATTRIBUTE.httpStatus]: status });
  if (problem !== null) span.set({ [ATTRIBUTE.errorType]: problem });
  // By the conventions a client's fault is no error of the server's span.
  if (status >= 500) span.fail(problem ?? String(status));
  span.end();
}

function textOf(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
