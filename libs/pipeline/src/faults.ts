import { distance } from 'fastest-levenshtein';

/** One mistake in a document or in a file that it names. Lines and columns count from 1. */
export interface DocumentFault {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
}

/** `file:line:column: message (hint)` */
export function formatFault({ file, line, column, message, hint }: DocumentFault): string {
  return `${file}:${line}:${column}: ${message}${hint === null ? '' : ` (${hint})`}`;
}

/** The one of `names` that was most likely meant, as a hint. */
export function didYouMean(word: string, names: Iterable<string>): string | null {
  const limit = Math.max(1, Math.ceil(word.length / 3));
  const near = [...names]
    .map((name) => ({ name, far: distanceBetween(word.toLowerCase(), name.toLowerCase()) }))
    .filter(({ far }) => far <= limit)
    .sort((a, b) => a.far - b.far)[0];
  return near ? `did you mean ${near.name}?` : null;
}

/** Levenshtein's, but letters in another order count as one slip. */
function distanceBetween(left: string, right: string): number {
  const letters = (text: string): string => [...text].sort().join('');
  return letters(left) === letters(right) ? Number(left !== right) : distance(left, right);
}

const MAX_LISTED = 12;

/** `did you mean x?`, or else what there is. */
export function meantOrKnown(word: string, names: Iterable<string>): string {
  const all = [...names];
  const meant = didYouMean(word, all);
  if (meant) return meant;
  if (all.length === 0) return 'there are none';
  const listed = all.slice(0, MAX_LISTED).join(', ');
  return `known are ${listed}${all.length > MAX_LISTED ? ', …' : ''}`;
}
