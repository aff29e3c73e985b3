/**
 * The first bytes of every record: Confluent's wire format (a zero and the schema's id in 4 bytes, big-endian), then
 * the lane fields as Avro longs (zigzag varints). Read and written by hand, so that a record's place in its lane is
 * known even when its schema isn't.
 */
export const HEADER_BYTES = 5;
export const LANE_FIELD_COUNT = 6;
/** Most bytes of a long of at most 2^53. */
const LONG_BYTES_MAX = 8;
/** The header and the lane fields fit in as many bytes. */
export const PREFIX_BYTES_MAX = HEADER_BYTES + LANE_FIELD_COUNT * LONG_BYTES_MAX;
/** Between these, zigzag numbers are exact as doubles. */
const LONG_MIN = -(2 ** 52);
const LONG_MAX = Number.MAX_SAFE_INTEGER;

/** The six lane fields of a record in their order; what each is depends on the record. */
export interface LaneFields {
  readonly values: readonly number[];
  /** Where the other fields begin. */
  readonly end: number;
}

/** Null: not in the wire format. */
export function readSchemaId(bytes: Uint8Array): number | null {
  if (bytes.length < HEADER_BYTES || bytes[0] !== 0) return null;
  return ((bytes[1]! << 24) | (bytes[2]! << 16) | (bytes[3]! << 8) | bytes[4]!) >>> 0;
}

/** Null: the bytes are not six longs within 2^53. */
export function readLaneFields(bytes: Uint8Array): LaneFields | null {
  const values = new Array<number>(LANE_FIELD_COUNT);
  let at = HEADER_BYTES;
  for (let i = 0; i < LANE_FIELD_COUNT; i++) {
    const odd = (bytes[at] ?? 0) & 1;
    let zigzag = 0;
    let factor = 1;
    let byte = 0x80;
    for (let length = 0; byte >= 0x80; length++) {
      if (length === LONG_BYTES_MAX || at >= bytes.length) return null;
      byte = bytes[at++]!;
      zigzag += (byte & 0x7f) * factor;
      factor *= 0x80;
    }
    // Beyond these the sum above has been rounded.
    if (zigzag / 2 > LONG_MAX || (odd === 1 && zigzag > -2 * LONG_MIN - 1)) return null;
    const value = odd === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
    values[i] = value;
  }
  return { values, end: at };
}

/** Writes header and lane fields at the buffer's start; it has to have PREFIX_BYTES_MAX. Answers where they end. */
export function writePrefix(buffer: Uint8Array, schemaId: number, values: readonly number[]): number {
  buffer[0] = 0;
  buffer[1] = schemaId >>> 24;
  buffer[2] = schemaId >>> 16;
  buffer[3] = schemaId >>> 8;
  buffer[4] = schemaId;
  let at = HEADER_BYTES;
  for (const value of values) at = writeLong(buffer, at, value);
  return at;
}

function writeLong(buffer: Uint8Array, start: number, value: number): number {
  if (!Number.isInteger(value) || value < LONG_MIN || value > LONG_MAX) {
    throw new RangeError(`a lane field can't be ${value}: it has to be an integer from -2^52 to 2^53`);
  }
  let at = start;
  let zigzag = value >= 0 ? value * 2 : -value * 2 - 1;
  for (; zigzag >= 0x80; zigzag = Math.floor(zigzag / 0x80)) buffer[at++] = (zigzag & 0x7f) | 0x80;
  buffer[at++] = zigzag;
  return at;
}
