import type { LogRecord } from '@millrace/lanes/ports/log';

/**
 * A stretch of a lane as one value of the disk. Little endian:
 *
 *     u8 format, u8 parts (KEYS | HEADERS), u16 0, u32 count, f64 the latest timestamp,
 *     f64 timestamp × count, u32 value length × count,
 *     u32 key length × count if KEYS, u32 header length × count if HEADERS,
 *     the values, the keys, the headers (JSON), each one after another.
 */
const FORMAT = 1;
const KEYS = 1;
const HEADERS = 2;
const HEAD_BYTES = 16;
const NO_KEY = 0xffff_ffff;

const EMPTY = Buffer.alloc(0);

/** What a record takes in a chunk without its headers' text, about. */
export function recordBytes(record: LogRecord): number {
  return record.value.length + (record.key?.length ?? 0) + 20;
}

export function encodeChunk(records: readonly LogRecord[]): Buffer {
  const count = records.length;
  let parts = 0;
  let bodyBytes = 0;
  let latest = Number.NEGATIVE_INFINITY;
  for (const record of records) {
    bodyBytes += record.value.length;
    if (record.key) parts |= KEYS;
    if (record.headers) parts |= HEADERS;
    if (record.timestampMs > latest) latest = record.timestampMs;
  }
  const keys = parts & KEYS ? records.map((record) => record.key ?? null) : null;
  const headers =
    parts & HEADERS
      ? records.map((record) => (record.headers ? Buffer.from(JSON.stringify(record.headers)) : EMPTY))
      : null;
  for (const key of keys ?? []) bodyBytes += key?.length ?? 0;
  for (const header of headers ?? []) bodyBytes += header.length;

  const lists = 1 + (keys ? 1 : 0) + (headers ? 1 : 0);
  const chunk = Buffer.allocUnsafe(HEAD_BYTES + count * (8 + 4 * lists) + bodyBytes);
  chunk[0] = FORMAT;
  chunk[1] = parts;
  chunk.writeUInt16LE(0, 2);
  chunk.writeUInt32LE(count, 4);
  chunk.writeDoubleLE(latest, 8);
  let list = HEAD_BYTES;
  for (const record of records) list = chunk.writeDoubleLE(record.timestampMs, list);
  let body = list + count * 4 * lists;
  for (const { value } of records) {
    list = chunk.writeUInt32LE(value.length, list);
    chunk.set(value, body);
    body += value.length;
  }
  for (const key of keys ?? []) {
    list = chunk.writeUInt32LE(key ? key.length : NO_KEY, list);
    chunk.set(key ?? EMPTY, body);
    body += key?.length ?? 0;
  }
  for (const header of headers ?? []) {
    list = chunk.writeUInt32LE(header.length, list);
    chunk.set(header, body);
    body += header.length;
  }
  return chunk;
}

/** How many records a chunk holds; reads its first bytes only. */
export function chunkCount(chunk: Uint8Array): number {
  return view(chunk).readUInt32LE(4);
}

/** The latest timestamp in a chunk, ms; reads its first bytes only. */
export function chunkLatest(chunk: Uint8Array): number {
  return view(chunk).readDoubleLE(8);
}

/** Appends the chunk's records from the `skip`th on to `into`, up to `most`; they share the chunk's memory. */
export function decodeChunk(bytes: Uint8Array, skip: number, most: number, into: LogRecord[]): void {
  const chunk = view(bytes);
  if (chunk[0] !== FORMAT) throw new Error(`a chunk of the log has the unknown format ${chunk[0]}`);
  const count = chunk.readUInt32LE(4);
  const parts = chunk[1]!;
  const end = Math.min(count, skip + most);
  const lengths = HEAD_BYTES + count * 8;
  const keyLengths = lengths + count * 4;
  const headerLengths = keyLengths + (parts & KEYS ? count * 4 : 0);
  let body = headerLengths + (parts & HEADERS ? count * 4 : 0);

  const first = into.length;
  for (let i = 0; i < end; i++) {
    const length = chunk.readUInt32LE(lengths + i * 4);
    if (i >= skip) {
      const timestampMs = chunk.readDoubleLE(HEAD_BYTES + i * 8);
      into.push({ value: chunk.subarray(body, body + length), timestampMs });
    }
    body += length;
  }
  if (parts === 0) return;
  for (let i = end; i < count; i++) body += chunk.readUInt32LE(lengths + i * 4);
  const records = into as { -readonly [field in keyof LogRecord]: LogRecord[field] }[];
  if (parts & KEYS) {
    for (let i = 0; i < count; i++) {
      const length = chunk.readUInt32LE(keyLengths + i * 4);
      if (length === NO_KEY) continue;
      if (i >= skip && i < end) records[first + i - skip]!.key = chunk.subarray(body, body + length);
      body += length;
    }
  }
  if (parts & HEADERS) {
    for (let i = 0; i < end; i++) {
      const length = chunk.readUInt32LE(headerLengths + i * 4);
      if (length > 0 && i >= skip) {
        records[first + i - skip]!.headers = JSON.parse(chunk.toString('utf8', body, body + length));
      }
      body += length;
    }
  }
}

function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
