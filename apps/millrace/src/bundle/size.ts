import { readFileSync, statSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { EXIT } from '@millrace/service/exit-codes';
import { Failure } from '@millrace/service/failure';

/** What Kubernetes takes in one ConfigMap (and in a Secret, where Helm keeps the release). */
export const CONFIG_MAP_BYTES_MAX = 1024 * 1024;
/** Some room for a table to grow. */
const NEAR = 0.75;
const KIB = 1024;
const INDENT = 4;

/** A file that a document stands on. */
export interface Part {
  /** As the document says it. */
  readonly named: string;
  readonly path: string;
}

/** Whether it goes into a bundle: what has an absolute path is where the services run, on a volume. */
export const isPacked = ({ named }: Part): boolean => !isAbsolute(named);

/** About how many bytes a document has as a bundle. */
export function bundledBytes(file: string, parts: readonly Part[]): number {
  const paths = new Set(parts.filter(isPacked).map(({ path }) => path));
  return [...paths].reduce((bytes, path) => bytes + indentedBytes(path), bytesOf(file));
}

/** As it stands in YAML below `files`. */
function indentedBytes(path: string): number {
  const bytes = bytesOf(path);
  // Of what is too large as it is, nobody needs to know more.
  if (bytes === 0 || bytes > CONFIG_MAP_BYTES_MAX) return bytes;
  return bytes + INDENT * (readFileSync(path, 'latin1').split('\n').length - 1);
}

const bytesOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

/** Null: there is room enough. */
export function sizeWarning(bytes: number, parts: readonly Part[]): string | null {
  if (bytes < CONFIG_MAP_BYTES_MAX * NEAR) return null;
  const [largest] = parts
    .filter(isPacked)
    .map(({ named, path }) => ({ named, bytes: bytesOf(path) }))
    .toSorted((a, b) => b.bytes - a.bytes);
  const most = largest === undefined ? '' : `, ${sizeText(largest.bytes)} of it ${largest.named}`;
  const over = bytes > CONFIG_MAP_BYTES_MAX ? 'more than' : 'near the';
  return `a bundle of it has ${sizeText(bytes)}${most}: ${over} ${sizeText(CONFIG_MAP_BYTES_MAX)} that Kubernetes \
takes in a ConfigMap. Put large tables on a volume and name them by an absolute path, which leaves them out of the bundle`;
}

export const sizeText = (bytes: number): string =>
  bytes < KIB * KIB ? `${(bytes / KIB).toFixed(1)} KiB` : `${(bytes / KIB / KIB).toFixed(2)} MiB`;

/** @throws Failure where it is no text: a bundle is one. */
export function textOf({ named, path }: Part): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new Failure(`can't read ${named}: ${(error as Error).message}`, EXIT.faults);
  }
  const text = bytes.toString('utf8');
  if (Buffer.from(text).equals(bytes)) return text;
  throw new Failure(`${named} is not a text in UTF-8, so that no bundle can hold it.`, EXIT.faults);
}
