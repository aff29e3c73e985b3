import { CsvError, csvColumns, csvRecord } from '@millrace/lanes/csv-row';
import { csvContentType, csvDelimiter, PayloadError } from '@millrace/lanes/payload';
import { type Format, type FormatOptions, type Scanner, skipMark } from './format.ts';
import { afterLine, textEnd } from './lines.ts';

const QUOTE = 0x22;
const LINE_FEED = 0x0a;
const RETURN = 0x0d;

/** Comma-separated values (RFC 4180) with a header row; a quoted field may hold line ends. Blank lines are no rows. */
export const csv: Format = {
  name: 'csv',
  mediaTypes: ['text/csv'],
  endings: ['.csv', '.tsv'],
  create: createCsvScanner,
};

interface Header {
  /** With its line end, to stand before a row. */
  readonly bytes: Buffer;
  readonly columns: readonly string[];
  /** The header itself is broken: no row can be read. */
  readonly fault: string | null;
}

function createCsvScanner(options: FormatOptions): Scanner {
  const delimiter = options.delimiter ?? csvDelimiter(options.contentType);
  const delimiterByte = delimiter.charCodeAt(0);
  let header: Header | null = null;

  return {
    contentType: csvContentType(delimiter),
    textual: true,
    start: 0,
    end: 0,
    next: 0,
    fault: null,

    scan(bytes, from, to, last) {
      let at = from;
      if (header === null) {
        this.start = from;
        at = skipLineEnds(bytes, skipMark(bytes, from, to), to);
        const next = afterLine(bytes, at, to);
        if (next < 0 && !last) return 'more';
        this.next = next < 0 ? to : next;
        if (at === to) return 'done';
        header = readHeader(bytes, at, textEnd(bytes, at, this.next), delimiter);
        at = this.next;
      }
      at = skipLineEnds(bytes, at, to);
      this.start = at;
      this.next = at;
      if (at === to) return last ? 'done' : 'more';
      const next = rowEnd(bytes, at, to, delimiterByte, last);
      if (next === MORE) return 'more';
      if (next < 0) {
        const reach = -next - 2;
        this.fault = { code: 'malformed_csv', message: BROKEN_QUOTE, at: reach, reach, from: at };
        return 'fault';
      }
      this.next = next;
      this.end = textEnd(bytes, at, next);
      return 'row';
    },
    // From the row's start: what a broken quote swallowed are rows of their own.
    resync: afterLine,
    mode: () => (header === null ? '' : 'row'),
    resume(mode) {
      if (mode !== '' && header === null)
        throw new Error('a CSV scanner must see the header before it resumes');
    },
    decode(bytes, start, end) {
      if (header === null) throw new Error('a CSV row was decoded before the header was scanned');
      if (header.fault !== null) throw new PayloadError('malformed_csv', header.fault);
      return decodeRow(bytes.toString('utf8', start, end), header.columns, delimiter);
    },
    payload(bytes, start, end) {
      if (header === null) throw new Error('a CSV row was copied before the header was scanned');
      const payload = Buffer.allocUnsafe(header.bytes.length + end - start);
      payload.set(header.bytes, 0);
      bytes.copy(payload, header.bytes.length, start, end);
      return payload;
    },
  };
}

const BROKEN_QUOTE = 'a quote is not closed, or text follows a closing quote; read on at the next line';
const MORE = -1;

/**
 * Offset after the row that starts at `start`; MORE; or -2 - offset of a fault. A quote counts only where a field
 * starts: one inside an unquoted field does not hide line ends (the row itself is refused when it is decoded).
 */
function rowEnd(bytes: Buffer, start: number, to: number, delimiter: number, last: boolean): number {
  const lineEnd = afterLine(bytes, start, to);
  // On the line alone: `indexOf` has no end, and a file without quotes would be searched to its end for each row.
  const unquoted = !bytes.subarray(start, lineEnd < 0 ? to : lineEnd).includes(QUOTE);
  if (unquoted && lineEnd >= 0) return lineEnd;
  if (unquoted) return last ? to : MORE;
  let at = start;
  while (at < to) {
    if (bytes[at] === QUOTE) {
      at = afterQuoted(bytes, at + 1, to);
      if (at < 0) return last ? -2 - to : MORE;
      if (at < to && !endsField(bytes[at]!, delimiter)) return -2 - at;
    }
    while (at < to && bytes[at] !== delimiter && bytes[at] !== LINE_FEED) at += 1;
    if (at === to) break;
    at += 1;
    if (bytes[at - 1] === LINE_FEED) return at;
    // A delimiter at the very end: an empty last field.
  }
  return last ? to : MORE;
}

/** Offset after the closing quote; -1: not before `to`. */
function afterQuoted(bytes: Buffer, from: number, to: number): number {
  let at = from;
  for (;;) {
    at = bytes.indexOf(QUOTE, at);
    if (at < 0 || at >= to) return -1;
    if (at + 1 < to && bytes[at + 1] === QUOTE) at += 2;
    else return at + 1;
  }
}

function endsField(byte: number, delimiter: number): boolean {
  return byte === delimiter || byte === LINE_FEED || byte === RETURN;
}

function skipLineEnds(bytes: Buffer, from: number, to: number): number {
  let at = from;
  while (at < to && (bytes[at] === LINE_FEED || bytes[at] === RETURN)) at += 1;
  return at;
}

function readHeader(bytes: Buffer, start: number, end: number, delimiter: string): Header {
  const text = bytes.toString('utf8', start, end);
  try {
    return { bytes: Buffer.from(`${text}\n`), columns: csvColumns(text, delimiter), fault: null };
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    return {
      bytes: Buffer.from(`${text}\n`),
      columns: [],
      fault: `the header can't be read: ${error.message}`,
    };
  }
}

function decodeRow(text: string, columns: readonly string[], delimiter: string): unknown {
  try {
    return csvRecord(text, columns, delimiter);
  } catch (error) {
    if (error instanceof CsvError) throw new PayloadError('malformed_csv', error.message);
    throw error;
  }
}
