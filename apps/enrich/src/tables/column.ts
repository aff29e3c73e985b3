import type { ColumnType } from '@millrace/pipeline/plan';
import type { Row } from '../table.ts';

const LONG_MAX = 2n ** 63n - 1n;
const LONG_MIN = -(2n ** 63n);

export type Cell = Row[string];
/** What a value is not, to be completed to `column risk: … is no double`; never thrown further than the table. */
export class CellError extends Error {}

/** A CSV cell as the column's type. An empty one is null, except in a string column. */
export function cellOfText(text: string, type: ColumnType): Cell {
  if (type === 'string') return text;
  const trimmed = text.trim();
  if (trimmed === '') return null;
  if (type === 'double') {
    const number = Number(trimmed);
    if (Number.isFinite(number)) return number;
  } else if (type === 'long') {
    if (/^[+-]?\d+$/.test(trimmed)) return long(BigInt(trimmed));
  } else if (/^(true|false)$/i.test(trimmed)) {
    return trimmed.toLowerCase() === 'true';
  }
  throw new CellError(`"${text}" is no ${type}`);
}

/** A JSON value as the column's type, without conversions: a number in a string column is a missing declaration. */
export function cellOfJson(value: unknown, type: ColumnType): Cell {
  if (value === undefined || value === null) return null;
  if (type === 'long' && typeof value === 'number' && Number.isSafeInteger(value)) return value;
  // JSON numbers lose digits beyond 2^53; as text they keep them.
  if (type === 'long' && typeof value === 'string') return cellOfText(value, 'long');
  if (type === 'double' && typeof value === 'number') return value;
  if (type === 'boolean' && typeof value === 'boolean') return value;
  if (type === 'string' && typeof value === 'string') return value;
  throw new CellError(
    `${JSON.stringify(value)} is no ${type}${type === 'string' ? ' (declare the type in the table’s `columns`)' : ''}`,
  );
}

function long(value: bigint): number | bigint {
  if (value > LONG_MAX || value < LONG_MIN) throw new CellError(`${value} does not fit 64 bits`);
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
