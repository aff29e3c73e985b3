import type {
  AlertRow,
  DeadLetterRow,
  EventRow,
  ResultRow,
  Version,
  WindowRow,
} from '@millrace/lanes/ports/results';
import { tagged, untagged } from '@millrace/lanes/tagged-json';
import { isNewer } from './versions.ts';

/** What a `body` holds: revision → JSON text. */
export type Body = ReadonlyMap<bigint, string>;

/** The row as JSON, without what the table's key says anyway; `position` is its version's. */
export function writeBody(row: ResultRow): Body {
  return new Map([[BigInt(row.version.revision), JSON.stringify(tagged(contentOf(row)))]]);
}

function contentOf(row: ResultRow): object {
  const { position } = row.version;
  switch (row.table) {
    case 'windows': {
      const { end, revision, final, values } = row;
      return { position, end, revision, final, values };
    }
    case 'deadletters': {
      const { table: _, pipeline: __, version: ___, payload: ____, ...content } = row;
      return { position, ...content };
    }
    default: {
      const { table: _, pipeline: __, version: ___, ...content } = row;
      return { position, ...content };
    }
  }
}

interface Latest<T> {
  readonly version: Version;
  readonly content: T;
}

/** Of all that lie in a body the highest; null where there is none. */
function latest<T>(body: Body | null): Latest<T> | null {
  let found: Latest<T> | null = null;
  for (const [revision, text] of body ?? []) {
    const { position, ...content } = untagged(JSON.parse(text)) as { position: number };
    const version = { position, revision: Number(revision) };
    if (found === null || isNewer(version, found.version)) found = { version, content: content as T };
  }
  return found;
}

export function readWindow(
  key: Pick<WindowRow, 'pipeline' | 'name' | 'group' | 'start'>,
  body: Body | null,
): WindowRow | null {
  const found = latest<Pick<WindowRow, 'end' | 'revision' | 'final' | 'values'>>(body);
  return found && { table: 'windows', ...key, version: found.version, ...found.content };
}

export function readAlert(pipeline: string, body: Body | null): AlertRow | null {
  const found = latest<Omit<AlertRow, 'table' | 'pipeline' | 'version'>>(body);
  return found && { table: 'alerts', pipeline, version: found.version, ...found.content };
}

export function readEvent(pipeline: string, body: Body | null): EventRow | null {
  const found = latest<Omit<EventRow, 'table' | 'pipeline' | 'version'>>(body);
  return found && { table: 'events', pipeline, version: found.version, ...found.content };
}

/** @param removed revision → position of the versions that were taken from the list */
export function readDeadLetter(
  pipeline: string,
  body: Body | null,
  payloads: ReadonlyMap<bigint, Uint8Array> | null,
  removed: ReadonlyMap<bigint, bigint> | null,
): DeadLetterRow | null {
  const found = latest<Omit<DeadLetterRow, 'table' | 'pipeline' | 'version' | 'payload'>>(body);
  const payload = found && payloads?.get(BigInt(found.version.revision));
  if (!found || !payload) return null;
  for (const [revision, position] of removed ?? []) {
    const version = { position: Number(position), revision: Number(revision) };
    if (!isNewer(found.version, version)) return null;
  }
  return { table: 'deadletters', pipeline, version: found.version, ...found.content, payload };
}
