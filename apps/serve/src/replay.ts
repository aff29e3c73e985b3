import { digest } from '@millrace/lanes/digest';
import { createFlow, type Flow } from '@millrace/lanes/flow';
import { laneOf } from '@millrace/lanes/murmur2';
import type { EventLog } from '@millrace/lanes/ports/log';
import type { DeadLetterRow, ResultStore } from '@millrace/lanes/ports/results';

/** The part of all replays: it keeps no time. */
const REPLAY_PART = 0;

/** A dead letter on its way back: a raw record of its own, for the stage that refused it. */
export function replayFlow(row: DeadLetterRow, nowMs: number): Flow {
  const flow = createFlow('replay');
  return Object.assign(flow, {
    part: REPLAY_PART,
    position: row.version.position,
    ingestTime: nowMs,
    source: row.source,
    id: row.eventId,
    key: row.key,
    // Dead letters of different events may share their id (`id_conflict`): one must not pass for the other's repeat.
    digest: digest(row.payload),
    attempt: row.attempt + 1,
    contentType: row.contentType,
    payload: row.payload,
    stage: row.stage,
  } satisfies Partial<Flow>);
}

export interface ReplayOptions {
  readonly pipeline: string;
  readonly lanes: number;
  readonly log: EventLog;
  readonly results: ResultStore;
  encodeRaw(flow: Flow): Uint8Array;
  nowMs(): number;
}

/** Why a dead letter can't go back. */
export class ReplayRefused extends Error {
  override readonly name = 'ReplayRefused';
  /** Over HTTP: a conflict. */
  readonly statusCode = 409;
}

/**
 * Puts a dead letter back, then takes it from the list: a crash in between leaves it there, and a second replay of
 * it has the same id and attempt, so it counts once. False: there is none of that id.
 * @throws ReplayRefused for one that nothing could take.
 */
export async function replayDeadLetter(options: ReplayOptions, id: string): Promise<boolean> {
  const { pipeline, lanes, log, results, encodeRaw, nowMs } = options;
  const row = await results.deadLetter(pipeline, id);
  if (row === null) return false;
  if (row.code === 'late_merge' || row.code === 'foreign_record') {
    throw new ReplayRefused(`${id} can't be replayed: it is no event (${row.code}). Discard it.`);
  }
  const flow = replayFlow(row, nowMs());
  const record = { value: encodeRaw(flow), timestampMs: flow.ingestTime };
  await log.append(`${pipeline}.raw`, laneOf(flow.key, lanes), [record]);
  await results.removeDeadLetter(pipeline, id);
  return true;
}

export async function discardDeadLetter(
  { pipeline, results }: Pick<ReplayOptions, 'pipeline' | 'results'>,
  id: string,
): Promise<boolean> {
  if ((await results.deadLetter(pipeline, id)) === null) return false;
  await results.removeDeadLetter(pipeline, id);
  return true;
}
