import { createHash } from 'node:crypto';
import { relative, sep } from 'node:path';
import { NO_TIME } from '@millrace/lanes/flow';
import type { Disk } from './disk.ts';
import { FILE_START, type FilePosition, type FileReader, openFileReader, readFully } from './file-reader.ts';
import type { Format, FormatOptions } from './formats/format.ts';
import { createPart, type Part } from './part.ts';
import { takeOverSaved } from './saved-position.ts';
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
  /** @throws TakenOver when another process reads the file; Error when it could not be saved just now. */
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
  const tailAt = (offset: number) => tailBefore(disk, path, offset);
  const start = { ...FILE_START, row: 0, time: NO_TIME, tail: await tailAt(0) };
  const position = await takeOverSaved<Progress & { readonly tail: string }>(state, key, shown, start);
  const { from } = position;
  if ((await tailAt(from.offset)) !== from.tail) throw changed(shown, from);
  await noteFile(shown, fingerprint, context);
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
      await position.save({ ...progress, tail: await tailAt(progress.offset) });
      filePart.saved = progress;
    },
  };
  return filePart;
}

/** Keeps what stands under a path, and warns of a file that has come in place of one that was read. */
async function noteFile(shown: string, fingerprint: string, context: SourceContext): Promise<void> {
  const { plan, source, state, logger } = context;
  const name = sha256(Buffer.from(shown)).slice(0, FINGERPRINT_DIGITS);
  const key = `${plan.pipeline}/ingest/${source.name}/path-${name}`;
  const { from, save } = await takeOverSaved(state, key, shown, { fingerprint: '' });
  if (from.fingerprint === fingerprint) return;
  if (from.fingerprint !== '') {
    logger.warn(
      { source: source.name, file: shown },
      `${shown} begins otherwise than when it was read before: it is read from its start as another file. Rows that it had before count again, unless event.id tells them, and those whose windows have closed are late. Add rows at the end, or give a new file a name of its own.`,
    );
  }
  await save({ fingerprint });
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
