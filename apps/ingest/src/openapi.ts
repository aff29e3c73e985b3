import { mediaTypes } from './formats.ts';
import { PROBLEM_CODES } from './problem-codes.ts';

type Json = Readonly<Record<string, unknown>>;

/** The OpenAPI 3.1 description of ingest's routes: JSON data for whoever serves `/openapi.json`. */
export interface IngestOpenApi {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Json>>>>;
  readonly components: Json;
}

const PIPELINE = '/v1/pipelines/{pipeline}/events';

const rejectedSchema = {
  type: 'array',
  items: {
    type: 'object',
    required: ['index', 'code', 'message'],
    properties: {
      index: { type: 'integer', minimum: 0, description: 'The place of the event in the request, from 0.' },
      code: { type: 'string', description: 'Stable; for programs.' },
      message: { type: 'string', description: 'What is wrong, and where.' },
    },
  },
};

const receiptSchema = {
  type: 'object',
  required: ['accepted', 'rejected'],
  properties: {
    accepted: { type: 'integer', minimum: 1, description: 'Events that are durable now.' },
    rejected: rejectedSchema,
  },
};

const refusalSchema = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['code', 'message', 'hint'],
      properties: {
        code: { enum: Object.keys(PROBLEM_CODES) },
        message: { type: 'string', description: 'What is wrong.' },
        hint: { type: 'string', description: 'What to do about it.' },
      },
    },
    accepted: { const: 0 },
    rejected: rejectedSchema,
  },
};

export const ingestOpenApi: IngestOpenApi = {
  openapi: '3.1.0',
  info: { title: 'Millrace ingest', version: '1', description: 'Sends events into a pipeline.' },
  paths: {
    [PIPELINE]: { post: operation('sendEvents', ['pipeline']) },
    [`${PIPELINE}/{source}`]: { post: operation('sendEventsToSource', ['pipeline', 'source']) },
  },
  components: {
    schemas: { IngestReceipt: receiptSchema, IngestRefusal: refusalSchema },
    securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
  },
};

function operation(operationId: string, inPath: readonly string[]): Json {
  return {
    operationId,
    summary: 'Sends one or more events. Answered when all that were accepted are durable.',
    security: [{}, { token: [] }],
    parameters: [
      ...inPath.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
      header('Idempotency-Key', 'With the event’s index its id, where the document has no event.id.'),
      header('traceparent', 'W3C trace context; kept when it is sampled.'),
    ],
    requestBody: {
      required: true,
      content: Object.fromEntries(
        mediaTypes.map((mediaType) => [mediaType, { schema: bodySchema(mediaType) }]),
      ),
    },
    responses: { 202: answer('At least one event was accepted.', 'IngestReceipt'), ...refusals() },
  };
}

function header(name: string, description: string): Json {
  return { name, in: 'header', required: false, description, schema: { type: 'string' } };
}

function bodySchema(mediaType: string): Json {
  if (mediaType !== 'application/json') return { type: 'string' };
  return { oneOf: [{ type: 'object' }, { type: 'array', items: { type: 'object' }, minItems: 1 }] };
}

/** By status, with the codes that have it. */
function refusals(): Json {
  const codes = Map.groupBy(Object.entries(PROBLEM_CODES), ([, { status }]) => status);
  return Object.fromEntries(
    [...codes].map(([status, entries]) => [
      status,
      answer(entries.map(([code]) => `\`${code}\``).join(', '), 'IngestRefusal'),
    ]),
  );
}

function answer(description: string, schema: string): Json {
  return {
    description,
    content: { 'application/json': { schema: { $ref: `#/components/schemas/${schema}` } } },
  };
}
