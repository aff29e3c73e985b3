import { NO_TIME } from '@millrace/lanes/flow';
import { type TopicBounds, TopicError } from '@millrace/lanes/ports/topics';
import { createPart, type Part } from './part.ts';
import { takeOverSaved } from './saved-position.ts';
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
  /** NOWHERE: nothing yet. */
  readonly offset: number;
  readonly time: number;
}

const NOWHERE = -1;

/** The position of a partition that this process reads, until it goes elsewhere. */
export interface TopicPosition {
  readonly from: number;
  /** Behind what is saved. */
  readonly saved: () => number;
  /**
   * @throws TakenOver when another process has it.
   * @throws Error when it is not known to be saved: save again.
   */
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
  const place = `topic ${topic}, partition ${partition}`;
  const kept = await takeOverSaved<Saved>(state, key, place, { offset: NOWHERE, time: NO_TIME });
  const isNew = kept.from.offset === NOWHERE;
  const first = latest ? Math.max(committed ?? bounds.end, bounds.start) : bounds.start;
  const position = isNew ? first : kept.from.offset;
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
  part.time = Math.max(part.time, kept.from.time);
  let saved = position;
  async function save(offset: number): Promise<void> {
    await kept.save({ offset, time: part.time });
    saved = offset;
  }
  const from = Math.max(position, bounds.start);
  // So that "latest" stays where it was, if this process ends before it has read anything.
  if (isNew) await save(from);
  return { from, saved: () => saved, save };
}
