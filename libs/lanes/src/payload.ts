import { isUtf8 } from 'node:buffer';
import { jsonParse } from '@millrace/pipeline/json-parse';
import { CSV_DELIMITERS, CsvError, csvColumns, csvRecord } from './csv-row.ts';
import { withoutRow } from './row-parameter.ts';

/** The content type of payloads that are one JSON value. */
export const JSON_CONTENT = 'application/json';
/** Of payloads that are one CSV row below its header row; `; delimiter=NAME` unless it is a comma. */
export const CSV_CONTENT = 'text/csv';

export interface Payload {
  /** What arrived, before `map`; not checked against the schema. */
  readonly record: unknown;
  /** Every value is text, as in CSV: "12" may be a number. */
  readonly textual: boolean;
}

export type PayloadCode = 'malformed_json' | 'malformed_csv' | 'invalid_utf8' | 'unknown_content_type';

/** The bytes are not what their content type says. Bad data: a verdict, never a reason to stop. */
export class PayloadError extends Error {
  override readonly name = 'PayloadError';
  readonly code: PayloadCode;
  constructor(code: PayloadCode, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Decodes a raw record's payload: one JSON value, or one CSV row below its header row.
 * @throws PayloadError
 */
export function decodePayload(contentType: string, payload: Uint8Array): Payload {
  if (!isUtf8(payload)) throw new PayloadError('invalid_utf8', 'the bytes are not valid UTF-8');
  const bytes = Buffer.isBuffer(payload)
    ? payload
    : Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  if (contentType === JSON_CONTENT)
    return { record: parseJson(bytes.toString('utf8', 0, bytes.length)), textual: false };
  if (contentType.startsWith(CSV_CONTENT)) return { record: decodeCsv(contentType, bytes), textual: true };
  const plain = withoutRow(contentType);
  if (plain !== contentType) return decodePayload(plain, payload);
  throw new PayloadError('unknown_content_type', `no decoder for content type "${contentType}"`);
}

/**
 * Parses one JSON text; integers beyond 2^53 stay exact.
 * @throws PayloadError with the position that the parser names.
 */
export function parseJson(text: string): unknown {
  try {
    return jsonParse(text);
  } catch (error) {
    // Nothing but the parser's own errors can come from here: SyntaxError, or RangeError for too deep a nesting.
    throw new PayloadError('malformed_json', (error as Error).message);
  }
}

/** The header of the last CSV payload: a source's rows follow one another with the same one. */
let lastHeader = { text: '', delimiter: '', columns: [] as readonly string[] };

function decodeCsv(contentType: string, bytes: Buffer): Record<string, string> {
  const lineEnd = bytes.indexOf(0x0a);
  if (lineEnd < 0) throw new PayloadError('malformed_csv', 'a header row without a row below it');
  const delimiter = csvDelimiter(contentType);
  const header = bytes.toString('utf8', 0, lineEnd);
  try {
    if (header !== lastHeader.text || delimiter !== lastHeader.delimiter) {
      lastHeader = { text: header, delimiter, columns: csvColumns(header, delimiter) };
    }
    return csvRecord(bytes.toString('utf8', lineEnd + 1, bytes.length), lastHeader.columns, delimiter);
  } catch (error) {
    if (error instanceof CsvError) throw new PayloadError('malformed_csv', error.message);
    throw error;
  }
}

/**
 * The delimiter that a `text/csv` content type names.
 * @throws PayloadError for one that CSV_DELIMITERS does not have.
 */
export function csvDelimiter(contentType: string): string {
  const name = /;\s*delimiter=(?<name>[^;\s]*)/i.exec(contentType)?.groups?.name ?? 'comma';
  if (Object.hasOwn(CSV_DELIMITERS, name)) return CSV_DELIMITERS[name as keyof typeof CSV_DELIMITERS];
  const known = Object.keys(CSV_DELIMITERS).join(', ');
  throw new PayloadError('unknown_content_type', `delimiter "${name}" of text/csv is none of ${known}`);
}

/** The content type of rows with this delimiter. */
export function csvContentType(delimiter: string): string {
  if (delimiter === ',') return CSV_CONTENT;
  const [name] = Object.entries(CSV_DELIMITERS).find(([, value]) => value === delimiter) ?? [];
  if (name === undefined) throw new RangeError(`"${delimiter}" is no CSV delimiter`);
  return `${CSV_CONTENT}; delimiter=${name}`;
}
