import { randomUUID } from 'node:crypto';
import { type TopicBounds, TopicError } from '@millrace/lanes/ports/topics';
import { createPart, type Part } from './part.ts';
import type { SourceContext } from './source.ts';

/** A partition of a source's topic. */
export interface TopicPart {
  readonly topic: string;
  readonly partition: number;
  readonly part: Part;
  /** The partition's end when it was last read, for status. */
  end: number;
}

/** What is saved of one: everything before `offset` is acknowledged in all lanes. */
interface Saved {
  readonly offset: number;
  readonly time: number;
}

/** The position of a partition that this process reads, until it goes elsewhere. */
export interface TopicPosition {
  readonly from: number;
  /** Behind what is saved. */
  readonly saved: () => number;
  /** @throws Error when another process has taken it over, or the store went back: take over anew. */
  save(offset: number): Promise<void>;
}

export function createTopicPart(source: string, topic: string, partition: number): TopicPart {
  const part = createPart(source, `${source}:${topic}-${partition}`, false);
  // Until this process reads it, whoever does tells its time.
  part.ticking = false;
  return { topic, partition, part, end: 0 };
}

/**
 * Takes a partition's position over. Where none is saved: the start, or, with `latest`, where the group stood, which
 * outlives a lost state, or the end.
 * @throws TopicError when the topic can't be the one that was read before.
 */
export async function takeOverPosition(
  { topic, partition, part }: TopicPart,
  { plan, source, state, logger }: SourceContext,
  start: { readonly bounds: TopicBounds; readonly committed: number | null; readonly latest: boolean },
): Promise<TopicPosition> {
  const { bounds, committed, latest } = start;
  const key = `${plan.pipeline}/ingest/${source.name}/${part.number.toString(16).padStart(12, '0')}`;
  const token = randomUUID();
  const taken = await state.takeOver(key, token);
  let number = taken?.number ?? 0;
  const saved = taken === null || taken.head === '' ? null : (JSON.parse(taken.head) as Saved);
  const first = latest ? Math.max(committed ?? bounds.end, bounds.start) : bounds.start;
  const position = saved?.offset ?? first;
  const place = `topic ${topic}, partition ${partition}`;
  if (position > bounds.end) {
    throw new TopicError(
      `source ${source.name} has read ${place} up to offset ${position}, but it ends at ${bounds.end}: the topic was made anew. ` +
        'Give the source another name to read it from its start.',
    );
  }
  if (position < bounds.start) {
    logger.warn(
      { source: source.name, topic, partition, lost: bounds.start - position },
      `${bounds.start - position} offsets of ${place} went by retention before they were read: raise the topic's retention, or read more often`,
    );
  }
  if (saved !== null && saved.time > part.time) part.time = saved.time;
  let upTo = position;

  async function save(offset: number): Promise<void> {
    const head = JSON.stringify({ offset, time: part.time } satisfies Saved);
    const accepted = await state.checkpoint(key, { token, base: number, head, puts: new Map(), deletes: [] });
    if (!accepted) throw new Error(`source ${source.name}: ${place} was taken over by another process`);
    number += 1;
    upTo = offset;
  }

  const from = Math.max(position, bounds.start);
  // So that "latest" stays where it was, if this process ends before it has read anything.
  if (saved === null) await save(from);
  return { from, saved: () => upTo, save };
}
