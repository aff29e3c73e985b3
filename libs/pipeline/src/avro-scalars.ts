import type { Type } from 'avsc';
import { isInt64, plainLong } from './avro-tap.ts';
import { DAY_MS, DECIMAL_DIGITS_MAX, type Decimal, TimestampMicros, TimestampMillis } from './avro-type.ts';
import {
  describe,
  fault,
  outOfRange,
  type ReadContext,
  type Reader,
  type ReaderOptions,
  shown,
  wrongType,
} from './read-faults.ts';
import { parseRfc3339 } from './rfc3339.ts';

const FLOAT_MAX = 3.4028234663852886e38;
const INT_MAX = 2 ** 31 - 1;
/** The years 0000 to 9999, as in RFC 3339. */
const TIME_MIN_MS = -62_167_219_200_000;
const TIME_MAX_MS = 253_402_300_799_999;
const WHOLE = /^[+-]?\d+$/;
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

export const readBoolean: Reader = (value, context) =>
  typeof value === 'boolean' ? value : wrongType(context, value, 'true or false');

export const readBooleanText: Reader = (value, context) => {
  if (typeof value !== 'string') return readBoolean(value, context);
  const text = value.trim().toLowerCase();
  return text === 'true' ? true : text === 'false' ? false : wrongType(context, value, 'true or false');
};

export const readInt: Reader = (value, context) => {
  if (typeof value === 'number' && (value | 0) === value) return value + 0;
  if (typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value))) {
    return outOfRange(context, value, `a whole number from ${-INT_MAX - 1} to ${INT_MAX}`);
  }
  return wrongType(context, value, 'a whole number');
};

export const readIntText: Reader = (value, context) => readInt(wholeOf(value), context);

const readLong: Reader = (value, context) => {
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) return value + 0;
    if (!Number.isInteger(value)) return wrongType(context, value, 'a whole number');
    return readBig(BigInt(value), context);
  }
  return typeof value === 'bigint' ? readBig(value, context) : wrongType(context, value, 'a whole number');
};

function readBig(value: bigint, context: ReadContext): number | bigint | undefined {
  return isInt64(value) ? plainLong(value) : outOfRange(context, value, 'a whole number of at most 64 bits');
}

export function longReader(type: Type, options: ReaderOptions): Reader {
  if (type instanceof TimestampMillis) return timestampReader(1, options);
  if (type instanceof TimestampMicros) return timestampReader(1_000, options);
  return options.textual ? (value, context) => readLong(wholeOf(value), context) : readLong;
}

export const readFloat: Reader = (value, context) => {
  const number = typeof value === 'bigint' ? Number(value) : value;
  if (typeof number !== 'number') return wrongType(context, value, 'a number');
  if (!(Math.abs(number) <= FLOAT_MAX)) return outOfRange(context, value, 'a finite number of 32 bits');
  // What the bytes will hold, so that a stage in this process sees what one elsewhere will.
  return Math.fround(number);
};

export const readDouble: Reader = (value, context) => {
  const number = typeof value === 'bigint' ? Number(value) : value;
  if (typeof number !== 'number') return wrongType(context, value, 'a number');
  return Number.isFinite(number) ? number : outOfRange(context, value, 'a finite number');
};

export function decimalReader({ scale, digits }: Decimal): Reader {
  const exactDigits = Math.min(digits, DECIMAL_DIGITS_MAX);
  return (value, context) => {
    const number = readDouble(value, context);
    if (typeof number !== 'number') return undefined;
    const unscaled = Math.round(number * 10 ** scale);
    if (Math.abs(unscaled) >= 10 ** exactDigits) {
      return outOfRange(
        context,
        value,
        `a decimal of at most ${exactDigits} digits, ${scale} of them after the point`,
      );
    }
    const exact = unscaled / 10 ** scale;
    return exact === number
      ? number + 0
      : outOfRange(context, value, `a decimal of at most ${scale} digits after the point`);
  };
}

export const readString: Reader = (value, context) => {
  if (typeof value !== 'string') return wrongType(context, value, 'text');
  // Half a surrogate pair has no UTF-8 bytes.
  return value.isWellFormed() ? value : value.toWellFormed();
};

/** Base64 text, or bytes as they are. */
export function bytesReader(size: number | null): Reader {
  return (value, context) => {
    let bytes: Buffer;
    if (typeof value === 'string' && BASE64.test(value)) bytes = Buffer.from(value, 'base64');
    else if (value instanceof Uint8Array) bytes = Buffer.from(value.buffer, value.byteOffset, value.length);
    else if (typeof value === 'string')
      return fault(context, 'wrong_type', `found ${describe(value)}, bytes are base64 text`);
    else return wrongType(context, value, 'bytes as base64 text');
    if (size !== null && bytes.length !== size) {
      return fault(context, 'out_of_range', `found ${bytes.length} bytes, the schema wants ${size}`);
    }
    return bytes;
  };
}

export function enumReader(symbols: readonly string[]): Reader {
  const known = new Set<unknown>(symbols);
  return (value, context) => {
    if (known.has(value)) return value;
    if (typeof value !== 'string') return wrongType(context, value, `one of ${shown(symbols.join(', '))}`);
    return fault(
      context,
      'out_of_range',
      `found ${describe(value)}, the schema wants one of ${shown(symbols.join(', '))}`,
    );
  };
}

/**
 * A time is milliseconds since 1970 UTC outside as in the event, whatever the schema's unit on the wire, or RFC 3339
 * text: so what an event holds can be read again, and one unit is taken for another only where the year gives it away.
 */
function timestampReader(perMillisecond: number, options: ReaderOptions): Reader {
  return (outside, context) => {
    const timeMs = timeOf(outside, options, context);
    if (timeMs === undefined) return undefined;
    return inTime(Math.round(timeMs * perMillisecond) / perMillisecond, outside, context);
  };
}

/** The start of a day in UTC, as a time. */
export function dateReader(options: ReaderOptions): Reader {
  return (outside, context) => {
    const timeMs = timeOf(outside, options, context);
    if (timeMs === undefined) return undefined;
    if (timeMs % DAY_MS === 0) return inTime(timeMs, outside, context);
    return wrongType(
      context,
      outside,
      'a date: text such as 2024-05-06, or its start in UTC in milliseconds since 1970',
    );
  };
}

function timeOf(outside: unknown, options: ReaderOptions, context: ReadContext): number | undefined {
  const value = options.textual ? wholeOf(outside) : outside;
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  const timeMs = typeof value === 'string' ? parseRfc3339(value) : null;
  return timeMs ?? wrongType(context, outside, 'a time: RFC 3339 text, or milliseconds since 1970');
}

function inTime(timeMs: number, value: unknown, context: ReadContext): number | undefined {
  if (timeMs >= TIME_MIN_MS && timeMs <= TIME_MAX_MS) return timeMs + 0;
  return outOfRange(context, value, 'milliseconds since 1970, in the years 0000 to 9999');
}

/** Text of digits as the number that it says; anything else as it is. */
function wholeOf(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const text = value.trim();
  if (!WHOLE.test(text)) return value;
  const number = Number(text);
  // BigInt refuses a plus sign.
  return Number.isSafeInteger(number) ? number : BigInt(text.startsWith('+') ? text.slice(1) : text);
}

export function numberOf(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const text = value.trim();
  return DECIMAL.test(text) ? Number(text) : value;
}
