/** The delimiters of CSV, by their name in the content type's parameter: `text/csv; delimiter=semicolon`. */
export const CSV_DELIMITERS = { comma: ',', semicolon: ';', tab: '\t', pipe: '|' } as const;
export type CsvDelimiter = (typeof CSV_DELIMITERS)[keyof typeof CSV_DELIMITERS];

/** A row breaks the rules of RFC 4180. `column` counts characters from 0. */
export class CsvError extends Error {
  override readonly name = 'CsvError';
  readonly column: number;
  constructor(message: string, column: number) {
    super(message);
    this.column = column;
  }
}

/**
 * The fields of one row without its line end (RFC 4180). Written by hand because a row is read by itself: that
 * gives exact byte positions, and a broken row breaks no other; a parser of whole files costs ten times as much.
 * @throws CsvError for a quote inside an unquoted field, text after a closing quote, or a quote that is not closed.
 */
export function csvFields(text: string, delimiter: string): string[] {
  if (!text.includes('"')) return text.split(delimiter);
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    if (text[at] === '"') {
      const [field, end] = quotedField(text, at);
      fields.push(field);
      at = end;
      if (at < text.length && text[at] !== delimiter) {
        throw new CsvError(`text after the closing quote of field ${fields.length}`, at);
      }
    } else {
      const end = text.indexOf(delimiter, at);
      const field = text.slice(at, end < 0 ? text.length : end);
      const quote = field.indexOf('"');
      if (quote >= 0) {
        throw new CsvError(
          `a quote inside field ${fields.length + 1}, which does not start with one`,
          at + quote,
        );
      }
      fields.push(field);
      at = end < 0 ? text.length : end;
    }
    if (at >= text.length) return fields;
    at += 1;
  }
}

/** The field that opens at `start`, and where the text goes on after its closing quote. */
function quotedField(text: string, start: number): [field: string, end: number] {
  let field = '';
  let from = start + 1;
  for (;;) {
    const quote = text.indexOf('"', from);
    if (quote < 0) throw new CsvError('a quote is not closed', start);
    field += text.slice(from, quote);
    if (text[quote + 1] !== '"') return [field, quote + 1];
    field += '"';
    from = quote + 2;
  }
}

/**
 * The column names of a header row.
 * @throws CsvError for a name that is empty or stands twice.
 */
export function csvColumns(text: string, delimiter: string): readonly string[] {
  const columns = csvFields(text, delimiter);
  const seen = new Set<string>();
  for (const [index, column] of columns.entries()) {
    if (column === '') throw new CsvError(`column ${index + 1} of the header has no name`, 0);
    if (seen.has(column)) throw new CsvError(`the header names column "${column}" twice`, 0);
    seen.add(column);
  }
  return columns;
}

/**
 * A row as a record of texts.
 * @throws CsvError, also for another number of fields than there are columns.
 */
export function csvRecord(
  text: string,
  columns: readonly string[],
  delimiter: string,
): Record<string, string> {
  const fields = csvFields(text, delimiter);
  if (fields.length !== columns.length) {
    throw new CsvError(`${fields.length} fields where the header has ${columns.length} columns`, 0);
  }
  const record: Record<string, string> = {};
  for (let i = 0; i < columns.length; i++) {
    const column = columns[i]!;
    if (column === '__proto__') {
      // A plain assignment would be swallowed by the prototype's setter.
      Object.defineProperty(record, column, {
        value: fields[i]!,
        enumerable: true,
        configurable: true,
        writable: true,
      });
    } else {
      record[column] = fields[i]!;
    }
  }
  return record;
}
