/**
 * Entries of a lane's state as bytes, many in one value. Little endian:
 *
 *     u32 puts, u32 deletes, u16 key length × all, u32 value length × puts, the keys (UTF-8), the values
 */
const HEAD_BYTES = 8;
const MAX_KEY_BYTES = 0xffff;

export type Entries = ReadonlyMap<string, Uint8Array>;

const NO_DELETES: readonly string[] = [];

/** @throws RangeError for a key of more than 65,535 bytes. */
export function encodeEntries(puts: Entries, deletes: readonly string[] = NO_DELETES): Buffer {
  const count = puts.size + deletes.length;
  let keyBytes = 0;
  let valueBytes = 0;
  for (const [key, value] of puts) {
    keyBytes += Buffer.byteLength(key);
    valueBytes += value.length;
  }
  for (const key of deletes) keyBytes += Buffer.byteLength(key);
  const lists = HEAD_BYTES + 2 * count + 4 * puts.size;
  const bytes = Buffer.allocUnsafe(lists + keyBytes + valueBytes);
  bytes.writeUInt32LE(puts.size, 0);
  bytes.writeUInt32LE(deletes.length, 4);
  let keyLengthAt = HEAD_BYTES;
  let valueLengthAt = HEAD_BYTES + 2 * count;
  let keyAt = lists;
  let valueAt = lists + keyBytes;
  function writeKey(key: string): void {
    const length = bytes.write(key, keyAt);
    if (length > MAX_KEY_BYTES)
      throw new RangeError(`a state's key of ${length} bytes; ${MAX_KEY_BYTES} fit`);
    keyAt += length;
    keyLengthAt = bytes.writeUInt16LE(length, keyLengthAt);
  }
  for (const [key, value] of puts) {
    writeKey(key);
    valueLengthAt = bytes.writeUInt32LE(value.length, valueLengthAt);
    bytes.set(value, valueAt);
    valueAt += value.length;
  }
  for (const key of deletes) writeKey(key);
  return bytes;
}

/**
 * Applies what `encodeEntries` wrote; values share the memory of `encoded`.
 * @returns how many puts and deletes it held.
 * @throws RangeError when it was cut.
 */
export function applyEntries(encoded: Uint8Array, into: Map<string, Uint8Array>): number {
  const bytes = Buffer.from(encoded.buffer, encoded.byteOffset, encoded.length);
  const puts = bytes.readUInt32LE(0);
  const deletes = bytes.readUInt32LE(4);
  const count = puts + deletes;
  const lists = HEAD_BYTES + 2 * count + 4 * puts;
  let valueAt = lists;
  for (let i = 0; i < count; i++) valueAt += bytes.readUInt16LE(HEAD_BYTES + 2 * i);
  let keyAt = lists;
  for (let i = 0; i < count; i++) {
    const keyEnd = keyAt + bytes.readUInt16LE(HEAD_BYTES + 2 * i);
    const key = bytes.toString('utf8', keyAt, keyEnd);
    keyAt = keyEnd;
    if (i >= puts) {
      into.delete(key);
      continue;
    }
    const valueEnd = valueAt + bytes.readUInt32LE(HEAD_BYTES + 2 * count + 4 * i);
    if (valueEnd > bytes.length) throw new RangeError('the entries of a state were cut');
    into.set(key, bytes.subarray(valueAt, valueEnd));
    valueAt = valueEnd;
  }
  return count;
}

/** The entries in values of at most `maxBytes`, about; at least one. */
export function* chunkEntries(entries: Entries, maxBytes: number): Generator<Buffer> {
  let chunk = new Map<string, Uint8Array>();
  let bytes = 0;
  for (const [key, value] of entries) {
    chunk.set(key, value);
    bytes += key.length + value.length;
    if (bytes < maxBytes) continue;
    yield encodeEntries(chunk);
    chunk = new Map();
    bytes = 0;
  }
  if (chunk.size > 0) yield encodeEntries(chunk);
}
