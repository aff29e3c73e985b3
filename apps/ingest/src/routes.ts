import type { Logger } from '@millrace/lanes/ports/logger';
import type { Span, Tracer } from '@millrace/lanes/ports/tracer';
import { endRequestSpan, startRequestSpan, traceOfRequest } from '@millrace/lanes/request-span';
import { traceFields } from '@millrace/lanes/trace-context';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import type { BodyReader } from './body.ts';
import type { Bounds } from './bounds.ts';
import { ingestOpenApi } from './openapi.ts';
import { Problem } from './problem.ts';
import type { Delivered, Receipt, Receiver } from './receiver.ts';
import type { Source } from './source.ts';

export interface RoutesOptions {
  readonly pipeline: string;
  /** Called per request: sources are there once ingest has started. */
  sources(): readonly Source[];
  /** Why nothing is taken now; null: it is. */
  closed(): string | null;
  readonly bodies: BodyReader;
  readonly bounds: Bounds;
  readonly logger: Logger;
  readonly tracer: Tracer;
}

interface Params {
  readonly pipeline: string;
  readonly source?: string;
}

const TAKEN = 202;
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

/**
 * `POST /v1/pipelines/{pipeline}/events[/{source}]` and its description as a Fastify plugin: the host decides the
 * port.
 */
export function ingestRoutes(options: RoutesOptions): FastifyPluginAsync {
  return async (app) => {
    // Bodies are received here, within bounds, after everything else about the request has been checked.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', (_request, _payload, done) => done(null));
    app.setErrorHandler((error, request, reply) => answerProblem(options, error, request, reply));
    const handler = (request: FastifyRequest, reply: FastifyReply) => receive(options, request, reply);
    app.get('/openapi/ingest.json', () => ingestOpenApi);
    app.post('/v1/pipelines/:pipeline/events', handler);
    app.post('/v1/pipelines/:pipeline/events/:source', handler);
  };
}

async function receive(
  options: RoutesOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const receiver = receiverOf(options, request.params as Params);
  receiver.authorize(request.headers.authorization);
  // From here on: who may not send can't make spans either.
  const { tracer } = options;
  const trace = traceOfRequest(tracer, request);
  const span = trace === null ? null : startRequestSpan(tracer, request, trace, 'ingest');
  if (span !== null) reply.header('traceparent', span.parent);
  try {
    const receipt = await take(options, receiver, request, span);
    if (receipt.rejected.some(({ code }) => code === 'overloaded')) {
      reply.header('retry-after', options.bounds.retryAfterSeconds);
    }
    if (span !== null) endRequestSpan(span, TAKEN, null);
    return reply.status(TAKEN).send(receipt);
  } catch (error) {
    const problem = problemOf(error);
    if (problem.code === 'internal') logInternal(options, error, request, span);
    if (span !== null) endRequestSpan(span, problem.statusCode, problem.code);
    throw problem;
  }
}

async function take(
  { closed, bodies }: RoutesOptions,
  receiver: Receiver,
  request: FastifyRequest,
  trace: Delivered['trace'],
): Promise<Receipt> {
  const reason = closed();
  if (reason !== null) throw new Problem('unavailable', reason);
  const { 'content-encoding': encoding } = request.headers;
  if (encoding !== undefined && encoding !== 'identity') {
    throw new Problem('unsupported_media_type', `Content-Encoding "${encoding}" is not read here`);
  }
  const contentType = request.headers['content-type'] ?? '';
  receiver.checkContentType(contentType);
  const idempotencyKey = idempotencyKeyOf(request);
  const body = await bodies.read(request.raw, receiver.bodyBytesMax);
  return receiver.receive({ body, contentType, idempotencyKey, trace });
}

function receiverOf({ pipeline, sources }: RoutesOptions, params: Params): Receiver {
  if (params.pipeline !== pipeline) {
    throw new Problem(
      'unknown_pipeline',
      `there is no pipeline "${params.pipeline}" here; there is ${pipeline}`,
    );
  }
  const open = sources().filter((source) => source.receiver !== null);
  const names = open.map(({ name }) => name).join(', ');
  if (params.source === undefined) {
    if (open.length === 1) return open[0]!.receiver!;
    throw new Problem(
      'unknown_source',
      names === '' ? NO_SOURCE : `name one of the sources in the path: ${names}`,
    );
  }
  const found = open.find(({ name }) => name === params.source)?.receiver;
  if (found) return found;
  throw new Problem(
    'unknown_source',
    `there is no source "${params.source}" to send to; ${names === '' ? NO_SOURCE : `there is ${names}`}`,
  );
}

const NO_SOURCE = 'the pipeline has no http source';

function idempotencyKeyOf({ headers }: FastifyRequest): string | null {
  const key = headers['idempotency-key'];
  if (key === undefined) return null;
  if (typeof key === 'string' && IDEMPOTENCY_KEY.test(key)) return key;
  throw new Problem('bad_idempotency_key', 'the Idempotency-Key can not be used');
}

function answerProblem(
  options: RoutesOptions,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  if (!(error instanceof Problem)) logInternal(options, error, request, null);
  const problem = problemOf(error);
  if (problem.statusCode === 401) reply.header('www-authenticate', 'Bearer');
  if (problem.statusCode === 429 || problem.statusCode === 503)
    reply.header('retry-after', options.bounds.retryAfterSeconds);
  // What has not been read of the body is not read for the sake of the next request on this connection.
  if (!request.raw.complete) reply.header('connection', 'close');
  return reply.status(problem.statusCode).send(problem.body());
}

function problemOf(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem('internal', 'the events could not be taken');
}

function logInternal(
  { logger }: RoutesOptions,
  error: unknown,
  { url }: FastifyRequest,
  span: Span | null,
): void {
  logger.error({ err: error, url, ...traceFields(span) }, 'a request failed; see the error');
}
