import { createHash, randomUUID } from 'node:crypto';
import { relative, sep } from 'node:path';
import { NO_TIME } from '@millrace/lanes/flow';
import type { Disk } from './disk.ts';
import { FILE_START, type FilePosition, type FileReader, openFileReader, readFully } from './file-reader.ts';
import type { Format, FormatOptions } from './formats/format.ts';
import { createPart, type Part } from './part.ts';
import type { SourceContext } from './source.ts';

/** Bytes looked at for the fingerprint, at most. */
const HEAD_BYTES = 64 * 1024;
const FINGERPRINT_DIGITS = 12;
/** Bytes before a saved position that must be the same when it is gone on from. */
const TAIL_BYTES = 256;

/** A position that may be saved: everything before it is acknowledged in all lanes. */
export interface Progress extends FilePosition {
  /** The number of the next row, counted from 0. */
  readonly row: number;
  /** The highest event time before it. */
  readonly time: number;
}

/** One file of a source. */
export interface FilePart {
  readonly path: string;
  /** The path as messages and the part's name show it. */
  readonly shown: string;
  readonly part: Part;
  readonly reader: FileReader;
  readonly sizeBytes: number;
  /** What is saved. */
  saved: Progress;
  /** What may be saved. */
  acknowledged: Progress;
  /** @throws Error when another process has taken the file over. */
  save(): Promise<void>;
}

export interface FilePartOptions {
  readonly path: string;
  readonly format: Format;
  readonly formatOptions: FormatOptions;
  readonly chunkBytes: number;
}

/** Takes a file over: what it is called, where to go on. Rejects when it is not the file that was read before. */
export async function openFilePart(options: FilePartOptions, context: SourceContext): Promise<FilePart> {
  const { path } = options;
  const { plan, source, state, bounds, disk } = context;
  const shown = relative(plan.folder, path).split(sep).join('/');
  const { fingerprint, sizeBytes } = await readHead(disk, options);
  const part = createPart(source.name, `${source.name}:${shown}#${fingerprint}`, true);
  const key = `${plan.pipeline}/ingest/${source.name}/${part.number.toString(16).padStart(FINGERPRINT_DIGITS, '0')}`;
  const token = randomUUID();
  const taken = await state.takeOver(key, token);
  let number = taken?.number ?? 0;
  const head =
    taken === null || taken.head === ''
      ? null
      : (JSON.parse(taken.head) as Progress & { readonly tail: string });
  const from: Progress = head ?? { ...FILE_START, row: 0, time: NO_TIME };
  if (head !== null && (await tailBefore(disk, path, head.offset)) !== head.tail) throw changed(shown, head);
  part.position = from.row - 1;
  part.time = from.time;
  const reader = await openFileReader({ ...options, disk, from, bounds });

  const filePart: FilePart = {
    path,
    shown,
    part,
    reader,
    sizeBytes,
    saved: from,
    acknowledged: from,
    async save() {
      const progress = filePart.acknowledged;
      if (progress === filePart.saved) return;
      const written = JSON.stringify({
        ...progress,
        tail: await tailBefore(disk, path, progress.offset),
      });
      const accepted = await state.checkpoint(key, {
        token,
        base: number,
        head: written,
        puts: new Map(),
        deletes: [],
      });
      if (!accepted) throw takenOver(shown);
      number += 1;
      filePart.saved = progress;
    },
  };
  return filePart;
}

/**
 * The fingerprint covers the file up to the end of its first row: a file that has grown since is the same one, and
 * read on; one with another beginning under the same path is a new one.
 */
async function readHead(disk: Disk, { path, format, formatOptions }: FilePartOptions) {
  const handle = await disk.open(path);
  try {
    const { size } = await handle.stat();
    const head = Buffer.alloc(Math.min(HEAD_BYTES, size));
    const length = await readFully(handle, head, 0);
    const scanner = format.create(formatOptions);
    const end = scanner.scan(head, 0, length, true) === 'row' ? scanner.end : length;
    return { fingerprint: sha256(head.subarray(0, end)).slice(0, FINGERPRINT_DIGITS), sizeBytes: size };
  } finally {
    await handle.close();
  }
}

async function tailBefore(disk: Disk, path: string, offset: number): Promise<string> {
  const handle = await disk.open(path);
  try {
    const tail = Buffer.alloc(Math.min(TAIL_BYTES, offset));
    const length = await readFully(handle, tail, offset - tail.length);
    return sha256(tail.subarray(0, length)).slice(0, FINGERPRINT_DIGITS);
  } finally {
    await handle.close();
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function changed(shown: string, { row, offset }: Progress): Error {
  return new Error(
    `${shown} is not the file that was read up to row ${row} (byte ${offset}): what stood before that has changed. ` +
      'Put the old content back (rows may be added at the end), or give the new file another name.',
  );
}

function takenOver(shown: string): Error {
  return new Error(
    `another process has taken over reading ${shown}; this one stops. Run file sources in one process only.`,
  );
}
