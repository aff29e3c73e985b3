import type { Plan } from '@millrace/pipeline/plan';
import { POSITION_METADATA_BYTES_MAX } from './bounds.ts';
import { LaneStopped, type Position } from './ports/log.ts';
import type { WorkerOptions } from './worker-options.ts';

/**
 * What a lane without large state saves with its position: the commit's metadata. `S` is its own part.
 */
interface Metadata<S> {
  readonly generation: number;
  readonly plan: string;
  readonly small: S;
}

export interface SmallPosition<S> {
  readonly offset: number;
  /** Null: nothing was saved; the lane starts at the log's start and its first record is not audited. */
  readonly small: S | null;
}

/**
 * Where a lane goes on (lane rule 5).
 * @throws LaneStopped `lane_reset`: the log was cut or replaced; `plan_changed`: records of another plan wait.
 */
export async function loadPosition<S>(
  options: WorkerOptions,
  group: string,
  topic: string,
  lane: number,
): Promise<SmallPosition<S>> {
  const { log, plan, generation } = options;
  // One after the other: a former owner may go on meanwhile, and what it has committed is in the log by then.
  const committed = await log.committed(group, topic, lane);
  const bounds = await log.bounds(topic, lane);
  const saved = readMetadata<S>(committed);
  if (committed === null || saved === null || saved.generation !== generation)
    return { offset: bounds.start, small: null };
  checkInside(group, topic, lane, committed.offset, bounds);
  checkPlan(plan, saved.plan, topic, lane, committed.offset, bounds.end);
  return { offset: committed.offset, small: saved.small };
}

/** @throws LaneStopped `state_limit`: it is more than a log keeps with a position. */
export async function savePosition<S>(
  options: WorkerOptions,
  group: string,
  topic: string,
  lane: number,
  offset: number,
  small: S,
): Promise<void> {
  const metadata: Metadata<S> = { generation: options.generation, plan: options.plan.hash, small };
  const text = JSON.stringify(metadata);
  if (Buffer.byteLength(text) > POSITION_METADATA_BYTES_MAX) {
    throw new LaneStopped(
      'state_limit',
      `${group}, lane ${lane} of ${topic}: what is saved with a position may take ${POSITION_METADATA_BYTES_MAX} bytes, not ${Buffer.byteLength(text)}`,
    );
  }
  await options.log.commit(group, topic, lane, { offset, metadata: text });
}

/** A position outside the log means that the topic was truncated or recreated: never start over silently. */
export function checkInside(
  group: string,
  topic: string,
  lane: number,
  offset: number,
  bounds: { readonly start: number; readonly end: number },
): void {
  if (offset >= bounds.start && offset <= bounds.end) return;
  throw new LaneStopped(
    'lane_reset',
    `${group} has read lane ${lane} of ${topic} up to ${offset}, but the log holds ${bounds.start} to ${bounds.end}: the topic was truncated or recreated. Run "millrace reset" to start a new generation.`,
  );
}

export function checkPlan(
  plan: Plan,
  saved: string,
  topic: string,
  lane: number,
  offset: number,
  end: number,
): void {
  if (saved === plan.hash || offset === end) return;
  throw new LaneStopped(
    'plan_changed',
    `lane ${lane} of ${topic} still holds ${end - offset} records for another version of pipeline "${plan.pipeline}". Run that version (its document as it was) until \`millrace status\` shows no lag, then this one.`,
  );
}

function readMetadata<S>(position: Position | null): Metadata<S> | null {
  if (position === null || position.metadata === '') return null;
  return JSON.parse(position.metadata) as Metadata<S>;
}
