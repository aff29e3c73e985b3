import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import { Problem } from './problem.ts';
import type { JsonSchema } from './route.ts';

/** Rows per page. */
export const DEFAULT_LIMIT = 100;
export const MAX_LIMIT = 1_000;

/** Milliseconds since 1970 UTC or ISO 8601; parsed to a number. */
const TIME = 'time';

export const timeRange = {
  from: { type: 'string', format: TIME, description: 'From then on: ISO 8601 or milliseconds since 1970.' },
  to: { type: 'string', format: TIME, description: 'Before then: ISO 8601 or milliseconds since 1970.' },
} as const;

export const paging = {
  limit: {
    type: 'integer',
    minimum: 1,
    maximum: MAX_LIMIT,
    default: DEFAULT_LIMIT,
    description: 'Rows per page.',
  },
  after: { type: 'string', minLength: 1, description: 'The `next` of the page before.' },
} as const;

const ajv = new Ajv2020({
  coerceTypes: true,
  useDefaults: true,
  formats: { [TIME]: (text: string) => Number.isFinite(parseTime(text)) },
});

/** Builds the check of a route's query: answers the parsed query or throws a `Problem`. */
export function queryCheck(parameters: Readonly<Record<string, JsonSchema>>) {
  const check = ajv.compile({ type: 'object', properties: parameters, additionalProperties: false });
  const times = Object.keys(parameters).filter((name) => parameters[name]?.format === TIME);

  return (given: unknown): Record<string, unknown> => {
    const query = { ...(given as Record<string, unknown>) };
    if (!check(query)) throw invalid(check.errors![0]!, query, Object.keys(parameters));
    for (const name of times) {
      if (name in query) query[name] = parseTime(query[name] as string);
    }
    if (typeof query.from === 'number' && typeof query.to === 'number' && query.from >= query.to) {
      throw new Problem(
        400,
        'invalid_query',
        'from is not before to.',
        'from is inclusive, to is exclusive.',
      );
    }
    return query;
  };
}

/** NaN when it is neither. */
function parseTime(text: string): number {
  if (/^-?\d{1,16}$/.test(text)) return Number(text);
  // Date.parse takes more than ISO 8601 ("1 May"), in the machine's own time zone.
  if (!/^\d{4}-\d{2}(-\d{2})?(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/.test(text))
    return Number.NaN;
  return Date.parse(text);
}

function invalid(error: ErrorObject, query: Record<string, unknown>, known: readonly string[]): Problem {
  const hint = known.length > 0 ? `This route takes ${known.join(', ')}.` : 'This route takes no parameters.';
  if (error.keyword === 'additionalProperties') {
    return new Problem(
      400,
      'invalid_query',
      `Unknown parameter ${quote(error.params.additionalProperty)}.`,
      hint,
    );
  }
  const name = error.instancePath.slice(1);
  if (Array.isArray(query[name])) {
    return new Problem(400, 'invalid_query', `${name} is given more than once.`, 'Give each parameter once.');
  }
  if (error.params.format === TIME) {
    const message = `${name} is not a time: ${quote(query[name])}.`;
    return new Problem(
      400,
      'invalid_query',
      message,
      'Write 2001-01-03, 2001-01-03T10:00:00Z or milliseconds since 1970.',
    );
  }
  return new Problem(400, 'invalid_query', `${name} ${error.message}: ${quote(query[name])}.`, hint);
}

const quote = (value: unknown) => JSON.stringify(String(value).slice(0, 60));
