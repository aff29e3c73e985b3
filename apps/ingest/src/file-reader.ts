import type { Bounds } from './bounds.ts';
import type { Disk, ReadableFile } from './disk.ts';
import type { Format, FormatOptions } from './formats/format.ts';
import { createSplitter, type Rows } from './formats/splitter.ts';

/** Where to go on in a file. */
export interface FilePosition {
  /** The byte at which the next row is looked for. */
  readonly offset: number;
  /** The scanner's. */
  readonly mode: string;
}

export const FILE_START: FilePosition = { offset: 0, mode: '' };

/** Reads a file's rows in order, with a bounded buffer. */
export interface FileReader {
  /**
   * Fills `rows`, which refer to `bytes`, until the next call. No rows: there are none left (`finished`).
   */
  read(rows: Rows): Promise<void>;
  /** The buffer that the rows of the last `read` lie in. */
  readonly bytes: Buffer;
  /** The offset in the file of bytes[0]. */
  readonly base: number;
  readonly finished: boolean;
  /** Behind the rows read so far; null within a broken stretch, which can't be gone on from. */
  position(): FilePosition | null;
  readonly scanner: ReturnType<Format['create']>;
  close(): Promise<void>;
}

export interface FileReaderOptions {
  readonly path: string;
  readonly disk: Disk;
  readonly format: Format;
  readonly formatOptions: FormatOptions;
  readonly from: FilePosition;
  readonly chunkBytes: number;
  readonly bounds: Bounds;
}

export async function openFileReader(options: FileReaderOptions): Promise<FileReader> {
  const { format, formatOptions, from, bounds } = options;
  const handle = await options.disk.open(options.path);
  const scanner = format.create(formatOptions);
  const splitter = createSplitter(scanner, bounds);
  let bytes: Buffer = Buffer.allocUnsafeSlow(options.chunkBytes);
  /** What of `bytes` has been split, and read from the file. */
  let split = 0;
  let filled = 0;
  let base = 0;
  let last = false;

  /** Moves what is left to the front and reads more behind it. */
  async function fill(): Promise<void> {
    bytes.copyWithin(0, split, filled);
    base += split;
    filled -= split;
    split = 0;
    if (filled === bytes.length) bytes = grown(bytes, filled);
    const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, base + filled);
    filled += bytesRead;
    last = bytesRead === 0;
  }

  async function resume(): Promise<void> {
    // The start of the file says what its rows mean: a CSV's header, whether JSON is an array.
    const head = Buffer.allocUnsafe(Math.min(bounds.eventBytesMax, from.offset));
    const length = await readFully(handle, head, 0);
    if (length > 0) scanner.scan(head, 0, length, true);
    scanner.resume(from.mode);
    base = from.offset;
  }

  if (from.offset > 0) await resume();
  return {
    async read(rows) {
      rows.count = 0;
      while (!splitter.finished()) {
        split = splitter.split(bytes, split, filled, last, base, rows);
        if (rows.count > 0) break;
        if (!splitter.finished()) await fill();
      }
    },
    get bytes() {
      return bytes;
    },
    get base() {
      return base;
    },
    get finished() {
      return splitter.finished();
    },
    position: () => (splitter.settled() ? { offset: base + split, mode: scanner.mode() } : null),
    scanner,
    close: () => handle.close(),
  };
}

function grown(bytes: Buffer, filled: number): Buffer {
  const larger = Buffer.allocUnsafeSlow(bytes.length * 2);
  bytes.copy(larger, 0, 0, filled);
  return larger;
}

/** Reads until `buffer` is full or the file ends. */
export async function readFully(handle: ReadableFile, buffer: Buffer, position: number): Promise<number> {
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length, position + length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return length;
}
