import type { Span, Tracer } from '@millrace/lanes/ports/tracer';
import { endRequestSpan, startRequestSpan, traceOfRequest } from '@millrace/lanes/request-span';
import type { FastifyPluginAsync, FastifyRequest } from 'fastify';

const ONLY_WHOEVER_ASKS = { sampled: () => false };

/** The plugins of a service, with a span for each request whose `traceparent` is sampled. */
export function tracedRequests(
  tracer: Tracer,
  service: string,
  plugins: readonly FastifyPluginAsync[],
): FastifyPluginAsync {
  return async (app) => {
    if (tracer.active) {
      const spans = new WeakMap<FastifyRequest, Span>();
      app.addHook('onRequest', async (request, reply) => {
        const trace = traceOfRequest(ONLY_WHOEVER_ASKS, request);
        if (trace === null) return;
        const span = startRequestSpan(tracer, request, trace, service);
        spans.set(request, span);
        reply.header('traceparent', span.parent);
      });
      app.addHook('onResponse', async (request, reply) => {
        const span = spans.get(request);
        if (span !== undefined) endRequestSpan(span, reply.statusCode, null);
      });
    }
    for (const plugin of plugins) await app.register(plugin);
  };
}
