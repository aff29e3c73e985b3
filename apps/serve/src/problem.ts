import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';

/** An answer that is not what was asked for: `{ "error": { code, message, hint } }` with an HTTP status. */
export class Problem extends Error {
  override readonly name = 'Problem';
  /** The name that Fastify and its hooks know. */
  readonly statusCode: number;
  readonly code: string;
  /** What to do about it. */
  readonly hint: string;
  constructor(statusCode: number, code: string, message: string, hint: string) {
    super(message);
    this.statusCode = statusCode;
    this.code = code;
    this.hint = hint;
  }
}

/** Every fault of a request becomes a problem; what is not the caller's fault says nothing of our insides. */
export function answerProblem(
  error: FastifyError | Problem,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const problem = error instanceof Problem ? error : problemOf(error);
  if (problem.statusCode >= 500) request.log.error({ err: error }, 'request failed');
  return reply.status(problem.statusCode).send(problemBody(problem));
}

export function problemBody({ code, message, hint }: Pick<Problem, 'code' | 'message' | 'hint'>) {
  return { error: { code, message, hint } };
}

function problemOf(error: FastifyError): Problem {
  const status = error.statusCode ?? 500;
  if (status >= 500) {
    return new Problem(
      500,
      'internal',
      'The results could not be read.',
      'Try again; the log of serve says why it failed.',
    );
  }
  return new Problem(
    status,
    'invalid_request',
    error.message,
    'See /openapi.json for what this route takes.',
  );
}

/** Its schema in the OpenAPI document. */
export const problemSchema = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['code', 'message', 'hint'],
      properties: {
        code: { type: 'string', description: 'Stable; for programs.' },
        message: { type: 'string', description: 'What is wrong.' },
        hint: { type: 'string', description: 'What to do about it.' },
      },
    },
  },
} as const;
