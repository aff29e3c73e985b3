import { compileTimeFormat } from '../time-format.ts';
import type { Builtin } from './builtin.ts';
import { DOUBLE, type Kind, STRING } from './type.ts';

const TEXT: readonly Kind[] = ['string'];
const NUMBER: readonly Kind[] = ['double'];
const RFC3339 = /^\d{4}-\d{2}-\d{2}([Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2}))?$/;

/** RFC 3339 text, or a date alone (its midnight in UTC), in milliseconds since 1970 UTC. */
function time(text: string): number {
  const ms = RFC3339.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms))
    throw new RangeError(`${JSON.stringify(text)} is not a time such as 2024-01-31T12:00:00Z`);
  return ms;
}

function preparedTime(literals: readonly unknown[]): (() => number) | null {
  if (literals[0] === undefined) return null;
  const ms = time(String(literals[0]));
  return () => ms;
}

function preparedParse([, pattern, zone = 'UTC']: readonly unknown[]): ((text: string) => number) | null {
  if (typeof pattern !== 'string' || typeof zone !== 'string') {
    throw new RangeError('pattern and zone are texts in quotes, known before anything runs');
  }
  return compileTimeFormat(pattern, zone);
}

const needsPrepare = (): never => {
  throw new RangeError('pattern and zone are texts in quotes');
};

function iso(ms: number): string {
  const date = new Date(ms);
  if (Number.isNaN(date.getTime())) throw new RangeError(`${ms} is no time in milliseconds`);
  return date.toISOString();
}

interface Fields {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly weekday: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

const SUNDAY = 7;

function utcFields(ms: number): Fields {
  const date = new Date(ms);
  if (Number.isNaN(date.getTime())) throw new RangeError(`${ms} is no time in milliseconds`);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    weekday: date.getUTCDay() || SUNDAY,
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
  };
}

/** The fields of a time on the clocks of a zone (IANA name). */
function fieldsIn(zone: string): (ms: number) => Fields {
  if (zone === 'UTC') return utcFields;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return (ms) => {
    utcFields(ms);
    const parts = new Map(format.formatToParts(ms).map((part) => [part.type, Number(part.value)]));
    const of = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
    const weekday = new Date(Date.UTC(of('year'), of('month') - 1, of('day'))).getUTCDay() || SUNDAY;
    const date = { year: of('year'), month: of('month'), day: of('day'), weekday };
    return { ...date, hour: of('hour'), minute: of('minute'), second: of('second') };
  };
}

function zoneLiteral(literals: readonly unknown[], at: number, given: number): string {
  if (given <= at) return 'UTC';
  const zone = literals[at];
  if (typeof zone !== 'string') throw new RangeError("the zone is a text in quotes, such as 'Europe/Berlin'");
  return zone;
}

function calendar(name: string, field: keyof Fields): [string, Builtin] {
  return [
    name,
    {
      usage: `a time in milliseconds, and a zone: ${name}(event.at, 'Europe/Berlin')`,
      takes: [NUMBER, TEXT],
      least: 1,
      returns: DOUBLE,
      call: needsPrepare,
      prepare(literals) {
        const fields = fieldsIn(zoneLiteral(literals, 1, literals.length));
        return (ms: number) => fields(ms)[field];
      },
    },
  ];
}

const TOKENS = /yyyy|MM|dd|HH|mm|ss|SSS/g;

/** `format_time(ms)`: RFC 3339 in UTC; with a pattern (yyyy MM dd HH mm ss SSS) and a zone, in these. */
function preparedFormat(literals: readonly unknown[]): (ms: number) => string {
  const [, pattern] = literals;
  if (literals.length === 1) return iso;
  if (typeof pattern !== 'string') throw new RangeError('the pattern is a text in quotes');
  const fields = fieldsIn(zoneLiteral(literals, 2, literals.length));
  return (ms) => {
    const at = fields(ms);
    const values: Record<string, string> = {
      yyyy: String(at.year).padStart(4, '0'),
      MM: String(at.month).padStart(2, '0'),
      dd: String(at.day).padStart(2, '0'),
      HH: String(at.hour).padStart(2, '0'),
      mm: String(at.minute).padStart(2, '0'),
      ss: String(at.second).padStart(2, '0'),
      SSS: String(((Math.floor(ms) % 1_000) + 1_000) % 1_000).padStart(3, '0'),
    };
    return pattern.replace(TOKENS, (token) => values[token]!);
  };
}

/** Times are milliseconds since 1970 UTC. None of these reads a clock: the same record gives the same value. */
export const TIME_FUNCTIONS: readonly [string, Builtin][] = [
  [
    'time',
    {
      usage: "a text: time('2024-01-31T12:00:00Z')",
      takes: [TEXT],
      returns: DOUBLE,
      call: time,
      prepare: preparedTime,
    },
  ],
  [
    'parse_time',
    {
      usage: "a text, its pattern and its zone: parse_time(row.date, 'yyyy/MM/dd HH:mm', 'UTC')",
      takes: [TEXT, TEXT, TEXT],
      least: 2,
      returns: DOUBLE,
      call: needsPrepare,
      prepare: preparedParse,
    },
  ],
  [
    'format_time',
    {
      usage: "a time in milliseconds, a pattern and a zone: format_time(event.at, 'yyyy-MM-dd', 'UTC')",
      takes: [NUMBER, TEXT, TEXT],
      least: 1,
      returns: STRING,
      call: needsPrepare,
      prepare: preparedFormat,
    },
  ],
  calendar('year', 'year'),
  calendar('month', 'month'),
  calendar('day_of_month', 'day'),
  calendar('day_of_week', 'weekday'),
  calendar('hour', 'hour'),
  calendar('minute', 'minute'),
  calendar('second', 'second'),
];
