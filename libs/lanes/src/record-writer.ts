import type { Type } from '@millrace/pipeline/avro-type';
import { PREFIX_BYTES_MAX, writePrefix } from './lane-fields.ts';

const FIRST_BYTES = 64 * 1_024;

/** A record under construction: header and lane fields, bytes that are there already, then fields by their type. */
export interface RecordWriter {
  start(schemaId: number, laneFields: readonly number[]): void;
  bytes(bytes: Uint8Array, from: number): void;
  fields(type: Type, value: unknown): void;
  /** The record, in memory of its own. */
  finish(): Buffer;
}

/** One buffer for all records of a stage, one after another; it grows to the largest. */
export function createRecordWriter(): RecordWriter {
  let buffer = Buffer.allocUnsafe(FIRST_BYTES);
  let at = 0;

  function reserve(bytes: number): void {
    if (at + bytes <= buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(buffer.length * 2, at + bytes));
    buffer.copy(larger, 0, 0, at);
    buffer = larger;
  }

  return {
    start(schemaId, laneFields) {
      at = 0;
      reserve(PREFIX_BYTES_MAX);
      at = writePrefix(buffer, schemaId, laneFields);
    },
    bytes(bytes, from) {
      reserve(bytes.length - from);
      buffer.set(from === 0 ? bytes : bytes.subarray(from), at);
      at += bytes.length - from;
    },
    fields(type, value) {
      let end = type.encode(value, buffer, at);
      while (end < 0) {
        reserve(buffer.length - at - end);
        end = type.encode(value, buffer, at);
      }
      at = end;
    },
    finish: () => Buffer.from(buffer.subarray(0, at)),
  };
}
