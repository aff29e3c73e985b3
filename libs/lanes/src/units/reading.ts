import { LANE_SEQ_SPAN } from '../bounds.ts';
import type { Hops } from '../hops.ts';
import type { Decoded } from '../lane-codec.ts';
import { LaneStopped, type LogRecord } from '../ports/log.ts';
import type { DeadLetterRow } from '../ports/results.ts';
import { retrying } from '../retrying.ts';
import { traceIdOf, traceOf } from '../trace-context.ts';
import type { WorkerOptions } from '../worker-options.ts';

const SCHEMA_HEADER_BYTES = 5;

/** Keeps a foreign record as a dead letter, before the commit. */
export type Foreign = (record: LogRecord, row: DeadLetterRow) => void;

/** What an intake has of the lane that it is for. */
export interface IntakeLife {
  readonly hops: Hops;
  readonly group: string;
  isOver(): boolean;
}

/** Generations never share a topic: another one's seq would make everything after it a repeat, or be one unseen. */
export function isOfGeneration(seq: number, generation: number): boolean {
  return Math.floor(seq / LANE_SEQ_SPAN) === generation;
}

/** Decodes, asking the registry for schemas that are not known yet; a registry out of reach is waited for. */
export async function readRecord<T>(
  options: WorkerOptions,
  isOver: () => boolean,
  decode: () => Decoded<T>,
): Promise<Exclude<Decoded<T>, { kind: 'unknown_schema' }>> {
  const decoded = decode();
  if (decoded.kind !== 'unknown_schema') return decoded;
  const { clock, codec } = options;
  const known = await retrying({ clock, isOver }, () => codec.learn(decoded.id));
  if (!known) return { kind: 'foreign', reason: `the schema registry knows no schema ${decoded.id}` };
  const again = decode();
  return again.kind === 'unknown_schema'
    ? { kind: 'foreign', reason: `schema ${decoded.id} is not one of this topic` }
    : again;
}

/** A record that is not the pipeline's: identified by where it was found. */
export function foreignRow(
  options: WorkerOptions,
  stage: string,
  topic: string,
  lane: number,
  offset: number,
  record: LogRecord,
  reason: string,
): DeadLetterRow {
  const { pipeline } = options.plan;
  const place = `${pipeline}.${topic}-${lane}-${offset}`;
  return {
    table: 'deadletters',
    pipeline,
    version: { position: options.generation * LANE_SEQ_SPAN + offset, revision: 0 },
    id: `${place}/${stage}/0`,
    eventId: place,
    key: '',
    stage,
    attempt: 0,
    code: 'foreign_record',
    message: `${reason} (${record.value.length} bytes; records of this topic begin with ${SCHEMA_HEADER_BYTES} bytes of schema header)`,
    time: record.timestampMs,
    source: '',
    traceId: traceIdOf(traceOf(record.headers)),
    contentType: 'application/octet-stream',
    payload: record.value,
  };
}

/** Lane rule 6: a record that its writer emitted before this one is not in the lane. */
export function gap(
  options: WorkerOptions,
  stage: string,
  topic: string,
  lane: number,
  offset: number,
  prev: unknown,
  last: unknown,
): LaneStopped {
  options.measures.gaps++;
  return new LaneStopped(
    'lane_gap',
    `${stage}: lane ${lane} of ${options.plan.pipeline}.${topic} lost records before offset ${offset} (the writer's last was ${prev}, read was ${last}). Rewind the stage that writes it to seq ${last}: what it sends again is recognised.`,
  );
}
