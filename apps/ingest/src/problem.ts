import { PROBLEM_CODES, type ProblemCode } from './problem-codes.ts';

/** One event that was not taken. */
export interface EventFault {
  /** Its place in the request, counted from 0. */
  readonly index: number;
  readonly code: string;
  readonly message: string;
}

/** A request that is refused as a whole: `{ "error": { code, message, hint } }` with the code's HTTP status. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  /** The events' own faults, where these are the reason. */
  readonly rejected: readonly EventFault[];
  constructor(code: ProblemCode, message: string, rejected: readonly EventFault[] = []) {
    super(message);
    this.code = code;
    this.rejected = rejected;
  }

  /** By Fastify's name, so that its hooks see whose fault it is. */
  get statusCode(): number {
    return PROBLEM_CODES[this.code].status;
  }

  /** The answer's body. */
  body(): object {
    const { code, message, rejected } = this;
    const error = { code, message, hint: PROBLEM_CODES[code].hint };
    return rejected.length === 0 ? { error } : { error, accepted: 0, rejected };
  }
}
