import { DateTime, FixedOffsetZone, IANAZone } from 'luxon';
import { parseRfc3339 } from '../rfc3339.ts';
import { compileTimeFormat, compileTimeWriter } from '../time-format.ts';
import type { Builtin } from './builtin.ts';
import { DOUBLE, type Kind, STRING } from './type.ts';

const TEXT: readonly Kind[] = ['string'];
const NUMBER: readonly Kind[] = ['double'];

/** RFC 3339 text, or a date alone (its midnight in UTC), in milliseconds since 1970 UTC. */
function time(text: string): number {
  const timeMs = parseRfc3339(text);
  if (timeMs === null)
    throw new RangeError(`${JSON.stringify(text)} is not a time such as 2024-01-31T12:00:00Z`);
  return timeMs;
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

type Field = 'year' | 'month' | 'day' | 'weekday' | 'hour' | 'minute' | 'second';

/** A field of a time on the clocks of a zone (IANA name); weekdays count from Monday, 1. */
function fieldIn(field: Field, zone: string): (timeMs: number) => number {
  if (!IANAZone.isValidZone(zone)) throw new RangeError(`there is no time zone ${JSON.stringify(zone)}`);
  const known = zone === 'UTC' ? FixedOffsetZone.utcInstance : IANAZone.create(zone);
  return (timeMs) => {
    const at = DateTime.fromMillis(Math.floor(timeMs), { zone: known });
    if (!at.isValid) throw new RangeError(`${timeMs} is no time in milliseconds`);
    return at[field];
  };
}

function zoneLiteral(literals: readonly unknown[], at: number, given: number): string {
  if (given <= at) return 'UTC';
  const zone = literals[at];
  if (typeof zone !== 'string') throw new RangeError("the zone is a text in quotes, such as 'Europe/Berlin'");
  return zone;
}

function calendar(name: string, field: Field): [string, Builtin] {
  return [
    name,
    {
      usage: `a time in milliseconds, and a zone: ${name}(event.at, 'Europe/Berlin')`,
      takes: [NUMBER, TEXT],
      least: 1,
      returns: DOUBLE,
      call: needsPrepare,
      prepare(literals) {
        return fieldIn(field, zoneLiteral(literals, 1, literals.length));
      },
    },
  ];
}

/** `format_time(ms)`: RFC 3339 in UTC; with a pattern and a zone, in these. */
function preparedFormat(literals: readonly unknown[]): (timeMs: number) => string {
  const [, pattern] = literals;
  if (literals.length === 1) return iso;
  if (typeof pattern !== 'string') throw new RangeError('the pattern is a text in quotes');
  return compileTimeWriter(pattern, zoneLiteral(literals, 2, literals.length));
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
