import { parseBytes, parseDuration, parseRate } from './duration.ts';

interface Quantity {
  readonly parse: (text: string) => number;
  readonly example: string;
}

/** The formats of texts with a unit, and how each is read. */
export const QUANTITIES: ReadonlyMap<string, Quantity> = new Map([
  ['duration', { parse: parseDuration, example: '1s' }],
  ['rate', { parse: parseRate, example: '1/s' }],
  ['bytes', { parse: parseBytes, example: '1B' }],
]);

type Schema = Readonly<Record<string, unknown>>;

/** What reading a kind's settings needs and reports. */
export interface SettingsReader {
  /** Makes a path of the document absolute. */
  readonly resolve: (path: string) => string;
  /** Called for each `secret:NAME`. */
  readonly secret: (name: string, path: readonly (string | number)[]) => void;
}

export const SECRET = /^secret:(.*)$/;

/**
 * Settings as their schema's formats say: durations to milliseconds, rates to events per second, sizes to bytes,
 * paths absolute. Secrets stay `secret:NAME`: their values never enter a plan.
 */
export function readSettings(
  value: unknown,
  schema: Schema,
  reader: SettingsReader,
  path: readonly (string | number)[] = [],
): unknown {
  if (Array.isArray(value)) {
    const items = (schema.items ?? {}) as Schema;
    return value.map((item, i) => readSettings(item, items, reader, [...path, i]));
  }
  if (value !== null && typeof value === 'object') {
    const properties = (schema.properties ?? {}) as Readonly<Record<string, Schema>>;
    const others = (
      typeof schema.additionalProperties === 'object' ? schema.additionalProperties : {}
    ) as Schema;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => {
        const inner = Object.hasOwn(properties, key) ? properties[key]! : others;
        return [key, readSettings(item, inner, reader, [...path, key])];
      }),
    );
  }
  return typeof value === 'string' ? readText(value, schema, reader, path) : value;
}

function readText(
  text: string,
  schema: Schema,
  reader: SettingsReader,
  path: readonly (string | number)[],
): unknown {
  const secret = SECRET.exec(text);
  if (secret) {
    reader.secret(secret[1]!, path);
    return text;
  }
  const format = String(schema.format);
  if (format === 'path') return reader.resolve(text);
  return QUANTITIES.get(format)?.parse(text) ?? text;
}
