import { formatDuration, parseDuration } from '@millrace/pipeline/duration';

/** A JSON Schema (draft 2020-12) as a value. */
export type JsonSchema = { readonly [key: string]: unknown };

/** One setting: how it is written, what it means. `T`: its value as the services get it. */
export interface Setting<T = unknown> {
  /** For people: one or two sentences. Defaults are shown beside it. */
  readonly description: string;
  /** Of the value in a file; a variable of the environment holds the same as text. */
  readonly schema: JsonSchema;
  /** From a variable's text or a file's value. @throws RangeError that says how it is written. */
  read(value: unknown): T;
  /** As it is written in a file; absent: none. */
  readonly default?: unknown;
  readonly secret: boolean;
  readonly example: string;
}

interface Words {
  readonly description: string;
  readonly example: string;
}

/** A setting without a default is null where it is not given. */
export type Optional<T> = Setting<T> & { readonly default?: undefined };
export type Defaulted<T> = Setting<T> & { readonly default: unknown };

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new RangeError('it has to be text');
}

export function text(words: Words): Optional<string>;
export function text(words: Words, standard: string): Defaulted<string>;
export function text(words: Words, standard?: string): Setting<string> {
  return {
    ...words,
    schema: { type: 'string', minLength: 1 },
    read(value) {
      const found = textOf(value);
      if (found === '') throw new RangeError('it is empty');
      return found;
    },
    ...(standard !== undefined && { default: standard }),
    secret: false,
  };
}

/** Never printed; also taken from the file that NAME_FILE names. */
export function secret(words: Words): Optional<string> {
  return { ...text(words), secret: true } as Optional<string>;
}

const ADDRESS = /^(\[[0-9a-fA-F:]+\]|[^\s:,/@]+):(\d{1,5})$/;

/** `host:port`, several separated by commas; in a file also a list. */
export function addresses(words: Words): Optional<readonly string[]> {
  return {
    ...words,
    schema: {
      anyOf: [
        { type: 'string', minLength: 3 },
        { type: 'array', items: { type: 'string' }, minItems: 1 },
      ],
    },
    read(value) {
      const list = Array.isArray(value) ? value.map(textOf) : textOf(value).split(',');
      const found = list.map((each) => each.trim()).filter((each) => each !== '');
      const wrong = found.find((each) => !ADDRESS.test(each) || Number(ADDRESS.exec(each)![2]) > PORT_MAX);
      if (wrong !== undefined || found.length === 0) {
        throw new RangeError(
          `${JSON.stringify(wrong ?? '')} is no address: write host:port, several separated by commas`,
        );
      }
      return found;
    },
    secret: false,
  };
}

/** @param schemes such as `https`. A URL may hold a password: it is shown without. */
export function url(words: Words, schemes: readonly string[]): Optional<string> {
  return {
    ...words,
    schema: { type: 'string', pattern: `^(${schemes.join('|')})://` },
    read(value) {
      const found = textOf(value);
      const every = found.split(',').every((each) => {
        const parsed = URL.parse(each.trim());
        return parsed !== null && schemes.includes(parsed.protocol.slice(0, -1)) && parsed.hostname !== '';
      });
      // What was written may hold a password, so it is not repeated.
      if (!every) throw new RangeError(`it has to begin with ${schemes.join(':// or ')}:// and name a host`);
      return found;
    },
    secret: false,
  };
}

const PORT_MAX = 65_535;

export interface Bounds {
  readonly minimum: number;
  readonly maximum: number;
  readonly whole?: boolean;
}

export function number(words: Words, bounds: Bounds): Optional<number>;
export function number(words: Words, bounds: Bounds, standard: number): Defaulted<number>;
export function number(words: Words, bounds: Bounds, standard?: number): Setting<number> {
  const { minimum, maximum, whole = true } = bounds;
  return {
    ...words,
    schema: { type: whole ? 'integer' : 'number', minimum, maximum },
    read(value) {
      const found = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
      const fits = typeof found === 'number' && found >= minimum && found <= maximum;
      if (fits && (!whole || Number.isInteger(found))) return found;
      throw new RangeError(`it has to be a ${whole ? 'whole ' : ''}number from ${minimum} to ${maximum}`);
    },
    ...(standard !== undefined && { default: standard }),
    secret: false,
  };
}

export function port(words: Words): Optional<number> {
  return number(words, { minimum: 0, maximum: PORT_MAX });
}

/** `10s`; its value is in milliseconds. */
export function duration(words: Words): Optional<number>;
export function duration(words: Words, standardMs: number): Defaulted<number>;
export function duration(words: Words, standardMs?: number): Setting<number> {
  return {
    ...words,
    schema: { type: 'string', pattern: '^\\d+(ms|s|m|h|d)$' },
    read: (value) => parseDuration(textOf(value)),
    ...(standardMs !== undefined && { default: formatDuration(standardMs) }),
    secret: false,
  };
}

export function choice<T extends string>(words: Words, choices: readonly T[]): Optional<T>;
export function choice<T extends string>(words: Words, choices: readonly T[], standard: T): Defaulted<T>;
export function choice<T extends string>(words: Words, choices: readonly T[], standard?: T): Setting<T> {
  return {
    ...words,
    schema: { enum: choices },
    read(value) {
      const found = choices.find((each) => each === value);
      if (found === undefined) throw new RangeError(`it has to be one of ${choices.join(', ')}`);
      return found;
    },
    ...(standard !== undefined && { default: standard }),
    secret: false,
  };
}

export function flag(words: Words, standard: boolean): Defaulted<boolean> {
  return {
    ...words,
    schema: { type: 'boolean' },
    read(value) {
      if (value === true || value === 'true' || value === '1') return true;
      if (value === false || value === 'false' || value === '0') return false;
      throw new RangeError('it has to be true or false');
    },
    default: standard,
    secret: false,
  };
}
