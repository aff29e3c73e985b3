import { JSON_CONTENT, parseJson } from '@millrace/lanes/payload';
import { type Format, type Scanner, skipBlanks, skipMark } from './format.ts';
import { afterLine, textEnd } from './lines.ts';

/** One JSON value per line; blank lines are no rows. */
export const ndjson: Format = {
  name: 'ndjson',
  mediaTypes: ['application/x-ndjson', 'application/ndjson', 'application/jsonl'],
  endings: ['.ndjson', '.jsonl'],
  create: createNdjsonScanner,
};

function createNdjsonScanner(): Scanner {
  let begun = false;
  return {
    contentType: JSON_CONTENT,
    textual: false,
    start: 0,
    end: 0,
    next: 0,
    fault: null,

    scan(bytes, from, to, last) {
      let at = from;
      if (!begun) {
        this.start = from;
        if (to - from < 3 && !last) return 'more';
        begun = true;
        at = skipMark(bytes, from, to);
      }
      at = skipBlanks(bytes, at, to);
      this.start = at;
      this.next = at;
      if (at === to) return last ? 'done' : 'more';
      const next = afterLine(bytes, at, to);
      if (next < 0 && !last) return 'more';
      this.next = next < 0 ? to : next;
      this.end = textEnd(bytes, at, this.next);
      return 'row';
    },
    resync: afterLine,
    mode: () => (begun ? 'line' : ''),
    resume(mode) {
      begun = mode !== '';
    },
    decode: (bytes, start, end) => parseJson(bytes.toString('utf8', start, end)),
    payload: (bytes, start, end) => bytes.subarray(start, end),
  };
}
