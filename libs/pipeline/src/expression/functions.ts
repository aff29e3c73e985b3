import type { Builtin } from './builtin.ts';
import { TEXT_METHODS } from './text-functions.ts';
import { TIME_FUNCTIONS } from './time-functions.ts';
import { BOOL, BYTES, DOUBLE, type Kind, STRING } from './type.ts';

const NUMBER: readonly Kind[] = ['double'];
const MAX_DIGITS = 15;

function mathematical(name: string, call: (value: number) => number): [string, Builtin] {
  return [name, { usage: `one number: ${name}(event.x)`, takes: [NUMBER], returns: DOUBLE, call }];
}

/** CEL has no rounding to digits; halves go away from zero, as in SQL. */
function round(value: number, digits = 0): number {
  if (!(digits >= 0 && digits <= MAX_DIGITS)) throw new RangeError(`digits are 0 to ${MAX_DIGITS}`);
  const factor = 10 ** digits;
  const rounded = (Math.sign(value) * Math.round(Math.abs(value) * factor)) / factor;
  return Number.isFinite(rounded) ? rounded : value;
}

function toNumber(value: unknown): number {
  if (typeof value !== 'string') return Number(value);
  const text = value.trim();
  const number = text === '' ? Number.NaN : Number(text);
  if (Number.isNaN(number)) throw new RangeError(`${JSON.stringify(value)} is not a number`);
  return number;
}

function toBool(value: unknown): boolean {
  if (value === true || value === 'true' || value === 'TRUE' || value === 'True' || value === '1')
    return true;
  if (value === false || value === 'false' || value === 'FALSE' || value === 'False' || value === '0')
    return false;
  throw new RangeError(`${JSON.stringify(value)} is neither true nor false`);
}

function size(value: unknown): number {
  if (typeof value === 'string') return [...value].length;
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length;
  return Object.keys(value as object).length;
}

const SIZED: readonly Kind[] = ['string', 'list', 'map', 'bytes'];
const sizeFunction: Builtin = {
  usage: 'a text, list, map or bytes',
  takes: [SIZED],
  returns: DOUBLE,
  call: size,
};

/** Functions called by name. */
export const FUNCTIONS: ReadonlyMap<string, Builtin> = new Map<string, Builtin>([
  mathematical('abs', Math.abs),
  mathematical('floor', Math.floor),
  mathematical('ceil', Math.ceil),
  mathematical('trunc', Math.trunc),
  mathematical('sqrt', Math.sqrt),
  mathematical('exp', Math.exp),
  mathematical('ln', Math.log),
  mathematical('log10', Math.log10),
  mathematical('sign', Math.sign),
  [
    'round',
    {
      usage: 'a number, and how many digits to keep: round(event.x, 2)',
      takes: [NUMBER, NUMBER],
      least: 1,
      returns: DOUBLE,
      call: round,
    },
  ],
  [
    'pow',
    {
      usage: 'a number and a power: pow(event.x, 2)',
      takes: [NUMBER, NUMBER],
      returns: DOUBLE,
      call: Math.pow,
    },
  ],
  [
    'min',
    {
      usage: 'two or more numbers: min(event.a, event.b)',
      takes: [NUMBER, NUMBER],
      rest: NUMBER,
      returns: DOUBLE,
      call: Math.min,
    },
  ],
  [
    'max',
    {
      usage: 'two or more numbers: max(event.a, event.b)',
      takes: [NUMBER, NUMBER],
      rest: NUMBER,
      returns: DOUBLE,
      call: Math.max,
    },
  ],
  [
    'string',
    {
      usage: 'a text, a number or a boolean',
      takes: [['string', 'double', 'bool']],
      returns: STRING,
      call: String,
    },
  ],
  [
    'double',
    {
      usage: 'a number, a text that is one, or a boolean',
      takes: [['double', 'string', 'bool']],
      returns: DOUBLE,
      call: toNumber,
    },
  ],
  [
    'int',
    {
      usage: 'a number, or a text that is one; its fraction is cut off',
      takes: [['double', 'string', 'bool']],
      returns: DOUBLE,
      call: (value: unknown) => Math.trunc(toNumber(value)),
    },
  ],
  [
    'bool',
    { usage: "a boolean, or 'true' or 'false'", takes: [['bool', 'string']], returns: BOOL, call: toBool },
  ],
  [
    'bytes',
    {
      usage: 'a text',
      takes: [['string']],
      returns: BYTES,
      call: (text: string) => new TextEncoder().encode(text),
    },
  ],
  ['size', sizeFunction],
  ...TIME_FUNCTIONS,
]);

/** Functions called with a dot. */
export const METHODS: ReadonlyMap<string, Builtin> = new Map<string, Builtin>([
  ...TEXT_METHODS,
  ['size', sizeFunction],
]);
