import type { EventValue } from '@millrace/pipeline/plan';
import type { DeadLetterCode } from './codes.ts';
import type { TraceContext } from './trace-context.ts';

/**
 * Event time of a record that has none, and of a part that has not shown any: before every time. The least integer
 * whose Avro bytes double arithmetic still reads right, so that readers in JavaScript agree about it.
 */
export const NO_TIME = -(2 ** 52);
/** Position of a record whose source has none (HTTP). */
export const NO_POSITION = -1;

/** What a record of raw, validated, enriched or aggregated is. */
export type FlowKind = 'event' | 'rejected' | 'replay' | 'tick' | 'opened';

/**
 * A record on its way from ingest to route. One object goes through the stages of a process and is changed by
 * them; between processes it is bytes (`records.ts`). All fields are always present, in this order, so that the
 * engine keeps one hidden class for all.
 */
export interface Flow {
  kind: FlowKind;
  /** generation · 2^40 + offset in the lane of raw. */
  seq: number;
  /** The seq of what the writer emitted before it into this lane; -1: nothing. */
  prev: number;
  /** The source part's number (`partNumber`). */
  part: number;
  /**
   * Its position in the part, ascending; NO_POSITION where the source has none. On ticks: of the last event before.
   * On replays (`attempt` above 0): the seq of the record that was refused.
   */
  position: number;
  /** Event time in ms, or NO_TIME. On a tick of a part read in order: its highest event time so far. */
  eventTime: number;
  /** When ingest took it, ms. */
  ingestTime: number;

  /** Name of the source in the document. */
  source: string;
  id: string;
  key: string;
  /** Hash of the original bytes, 48 bits, to tell a repeated id from a conflicting one; 0: not checked. */
  digest: number;
  /** 0 for a first try; counts a dead letter's replays. */
  attempt: number;
  contentType: string;
  /** Original bytes (raw), or what the refusing stage was given (rejected, replay). */
  payload: Uint8Array | null;

  /** Set from validate on. In an unfused stage it holds only the fields that the stage uses. */
  event: EventValue | null;
  /** Names of `flag` rules that failed, then `ENRICHMENT_missing`; the same array as `event.flags`. */
  flags: string[];
  /** Set by aggregate: every window it belongs to had closed. */
  late: boolean;

  /** The stage that rejected it, or that a replay is for. */
  stage: string;
  code: string;
  message: string;

  /** Tick: all of the part has been read. */
  ended: boolean;
  /** Opened: `SOURCE` or `SOURCE:PATH#FINGERPRINT`. */
  partName: string;
  /** Opened: how many parts the source has, this one among them. */
  parts: number;
  /** Opened: records come in the order of their position and ticks carry its time (a file); false for HTTP. */
  ordered: boolean;

  /** Where a sampled event is in its trace; null: not sampled. */
  trace: TraceContext | null;
  /** In an unfused stage: the record as it was read, for appending to it. */
  bytes: Uint8Array | null;
}

/** Ticks and openings say how a source is; everything else is an event, whatever became of it. */
export function isEvent({ kind }: Flow): boolean {
  return kind !== 'tick' && kind !== 'opened';
}

export function createFlow(kind: FlowKind): Flow {
  return {
    kind,
    seq: -1,
    prev: -1,
    part: 0,
    position: NO_POSITION,
    eventTime: NO_TIME,
    ingestTime: 0,
    source: '',
    id: '',
    key: '',
    digest: 0,
    attempt: 0,
    contentType: '',
    payload: null,
    event: null,
    flags: [],
    late: false,
    stage: '',
    code: '',
    message: '',
    ended: false,
    partName: '',
    parts: 0,
    ordered: false,
    trace: null,
    bytes: null,
  };
}

/** Turns a record into a rejected one; later stages pass it on untouched, and route writes the dead letter. */
export function reject(record: Flow, stage: string, code: DeadLetterCode, message: string): Flow {
  // What it was refused for before is in its bytes.
  if (record.kind === 'rejected') record.bytes = null;
  record.kind = 'rejected';
  record.stage = stage;
  record.code = code;
  record.message = message;
  return record;
}
