import { beginTrace } from '@millrace/lanes/begin-trace';
import type { Span, Tracer } from '@millrace/lanes/ports/tracer';
import { ATTRIBUTE } from '@millrace/lanes/span-attributes';
import type { FastifyRequest } from 'fastify';

/** The span of a request that is traced; null: it is not. */
export function startRequestSpan(tracer: Tracer, request: FastifyRequest): Span | null {
  const trace = beginTrace(tracer, headerOf(request, 'traceparent'), headerOf(request, 'tracestate'));
  if (trace === null) return null;
  const { method, url, routeOptions } = request;
  const route = routeOptions.url ?? '';
  const attributes = {
    [ATTRIBUTE.httpMethod]: method,
    [ATTRIBUTE.httpRoute]: route,
    [ATTRIBUTE.urlPath]: url.split('?', 1)[0]!,
    [ATTRIBUTE.stage]: 'ingest',
  };
  return tracer.start({ name: `${method} ${route}`, kind: 'server', attributes }, trace);
}

/** `problem`: the code of the answer; null: it was taken. */
export function endRequestSpan(span: Span | null, status: number, problem: string | null): void {
  if (span === null) return;
  span.set({ [ATTRIBUTE.httpStatus]: status });
  if (problem !== null) span.set({ [ATTRIBUTE.errorType]: problem });
  // By the conventions a client's fault is no error of the server's span.
  if (status >= 500) span.fail(problem ?? String(status));
  span.end();
}

function headerOf({ headers }: FastifyRequest, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}
