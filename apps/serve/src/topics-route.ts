import { Readable } from 'node:stream';
import type { FastifyPluginAsync } from 'fastify';
import { readTopic, type TailOptions, type TopicSource, unknownTopic } from './topics.ts';

const LIMIT_MAX = 1_000_000;

/** `GET /v1/pipelines/{pipeline}/topics/{topic}?from=start|end&limit=`: records as NDJSON, for `millrace tail`. */
export function topicsRoute(source: TopicSource): FastifyPluginAsync {
  return async (app) => {
    const closing = new AbortController();
    app.addHook('preClose', async () => closing.abort());
    app.get('/v1/pipelines/:pipeline/topics/:topic', {
      schema: {
        querystring: {
          type: 'object',
          additionalProperties: false,
          properties: {
            from: { enum: ['start', 'end'], default: 'end' },
            ticks: { type: 'boolean', default: false },
            limit: { type: 'integer', minimum: 1, maximum: LIMIT_MAX, default: LIMIT_MAX },
          },
        },
      },
      handler: async (request, reply) => {
        const { pipeline, topic } = request.params as { readonly pipeline: string; readonly topic: string };
        if (pipeline !== source.plan.pipeline) return reply.callNotFound();
        const message = await unknownTopic(source, topic);
        if (message !== null) return reply.code(404).send({ error: { code: 'unknown_topic', message } });
        const query = request.query as Omit<TailOptions, 'signal'>;
        const gone = new AbortController();
        reply.raw.on('close', () => gone.abort());
        const signal = AbortSignal.any([gone.signal, closing.signal]);
        const lines = async function* () {
          // A first byte, so that whoever waits knows that it is connected.
          yield '\n';
          for await (const record of readTopic(source, topic, { ...query, signal })) {
            yield `${JSON.stringify(record)}\n`;
          }
        };
        return reply.type('application/x-ndjson').send(Readable.from(lines()));
      },
    });
  };
}
