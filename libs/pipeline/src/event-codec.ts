import type { EventValue } from './plan.ts';

/** As in the table of dead-letter codes. A null where the schema has none is a missing field. */
export type FaultCode = 'missing_field' | 'unknown_field' | 'wrong_type' | 'out_of_range';

/** One way in which a value does not fit the schema. */
export interface Fault {
  /** Where, from the event's root: `items[2].price`. Empty: the event as a whole. */
  readonly path: string;
  readonly code: FaultCode;
  /** What was found and what the schema wants. */
  readonly message: string;
}

/** Takes outside values to events. */
export interface EventReader {
  /**
   * Takes a parsed record (JSON, CSV row or the result of `map`) to an event: fills defaults, turns what the
   * schema can hold without doubt (a CSV "12" to 12 only when `textual`, RFC 3339 text to a timestamp) and
   * returns all faults otherwise.
   */
  read(
    record: unknown,
    options: { readonly textual: boolean; readonly unknownFields: 'reject' | 'ignore' },
  ): ReadResult;
}

/** Between outside values, events and Avro bytes, for the user's event schema. */
export interface EventCodec extends EventReader {
  /**
   * Reads these top-level fields alone; the rest of a record is neither looked at nor in the event. For ingest,
   * which needs no more than id, key, time and priority use.
   */
  partial(fields: readonly string[]): EventReader;
  /** The event's fields as Avro binary, without any header. Enrichments and flags are not part of it. */
  encode(event: EventValue): Uint8Array;
  /** All fields. Throws RangeError when the bytes are not of this schema. */
  decode(bytes: Uint8Array, offset: number): Decoded;
  /**
   * Compiles a `decode` of these top-level fields only; those that the schema doesn't have are left out. Made once,
   * at start.
   */
  decoderOf(fields: readonly string[]): (bytes: Uint8Array, offset: number) => Decoded;
}

export interface Decoded {
  readonly event: EventValue;
  /** Where the bytes of the whole event end. */
  readonly end: number;
}

export type ReadResult =
  | { readonly event: EventValue; readonly faults: null }
  | { readonly event: null; readonly faults: readonly Fault[] };
