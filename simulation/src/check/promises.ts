import type { Receipt } from '@millrace/ingest/receiver';
import { pathOf } from '../workload/files.ts';
import type { FileScript, RequestScript, Script } from '../workload/script.ts';
import type { RawRecord } from '../workload/verdict.ts';
import { differences } from './differences.ts';

/** What ingest owes the outside world is in raw: every row of its files, each event of an answered request. */
export function verifyPromises(
  { files, requests }: Script,
  answered: ReadonlyMap<string, Receipt>,
  raw: readonly RawRecord[],
): string[] {
  return [
    ...files.flatMap((file) => verifyFile(file, raw)),
    ...requests.flatMap((request) => verifyRequest(request, answered.get(request.key), raw)),
  ];
}

/** Each row is there, with its own bytes. */
function verifyFile(file: FileScript, raw: readonly RawRecord[]): string[] {
  const name = `${file.source}:${pathOf(file)}#`;
  const parts = new Set(raw.filter(({ partName }) => partName.startsWith(name)).map(({ part }) => part));
  if (parts.size !== 1) return [`${name}: opened as ${parts.size} parts`];
  const rows = new Map(
    raw
      .filter(({ part, payload }) => parts.has(part) && payload !== null)
      .map(({ position, payload }) => [position, textOf(payload!)]),
  );
  return differences(
    `rows of ${name} in raw`,
    file.rows.map(textOf),
    file.rows.map((_, i) => rows.get(i) ?? 'nothing'),
  );
}

/** The number that was answered, and the bytes of each event that was not refused. */
function verifyRequest(
  { key, events }: RequestScript,
  receipt: Receipt | undefined,
  raw: readonly RawRecord[],
): string[] {
  if (receipt === undefined) return [`${key} was never answered`];
  const refused = new Set(receipt.rejected.map(({ index }) => index));
  const accepted = receipt.accepted === 0 ? [] : events.filter((_, i) => !refused.has(i)).map(textOf);
  const held = new Set(
    raw
      .filter(({ source, payload }) => source === 'api' && payload !== null)
      .map(({ payload }) => textOf(payload!)),
  );
  return [
    ...differences(`${key}: events accepted`, [accepted.length], [receipt.accepted]),
    ...accepted
      .filter((text) => !held.has(text))
      .map((text) => `${key} was answered, but raw has no ${text}`),
  ];
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}
