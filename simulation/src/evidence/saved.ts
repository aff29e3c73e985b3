import type { Counts } from '@millrace/lanes/audit';
import type { Broker } from '../world/broker.ts';
import type { StateServer } from '../world/state.ts';

/** What the unfused stages have saved: positions, and the counts that go with them. */
export interface Saved {
  /** What each stage should have read, and has not. */
  undrained(lanes: number): string[];
  /** Validate knows what it dropped, aggregate the rest. */
  counts(lane: number): Counts;
}

/** Where a stage keeps the position that counts. */
const READERS = [
  { group: 'validate', topic: 'raw', keeps: 'commit' },
  { group: 'enrich', topic: 'validated', keeps: 'commit' },
  { group: 'aggregate', topic: 'enriched', keeps: 'state' },
  { group: 'merge', topic: 'partials', keeps: 'state' },
  { group: 'route.aggregated', topic: 'aggregated', keeps: 'commit' },
  { group: 'route.windows', topic: 'windows', keeps: 'commit' },
  { group: 'route.alerts', topic: 'alerts', keeps: 'commit' },
] as const;

interface Head {
  readonly offset: number;
  readonly small: { readonly counts: Counts };
}

const NOTHING: Counts = {
  events: 0,
  dropped: 0,
  duplicate: 0,
  rejected: 0,
  late: 0,
  processed: 0,
  flags: {},
};

export function readSaved(broker: Broker, state: StateServer, generation: number): Saved {
  function headOf(stage: string, lane: number): Head | undefined {
    const head = state.entries.get(`sim.${stage}/${generation}/${lane}`)?.saved?.head;
    return head === undefined ? undefined : (JSON.parse(head) as Head);
  }

  function positionOf({ group, topic, keeps }: (typeof READERS)[number], lane: number): number {
    const kept =
      keeps === 'state' ? headOf(group, lane) : broker.committed(`sim.${group}`, `sim.${topic}`, lane);
    return kept?.offset ?? 0;
  }

  return {
    undrained: (lanes) =>
      READERS.flatMap((reader) =>
        Array.from({ length: lanes }, (_, lane) => {
          const { end } = broker.bounds(`sim.${reader.topic}`, lane);
          const at = positionOf(reader, lane);
          return at === end
            ? []
            : [`${reader.group} has read lane ${lane} of ${reader.topic} up to ${at} of ${end}`];
        }).flat(),
      ),
    counts(lane) {
      const position = broker.committed('sim.validate', 'sim.raw', lane);
      const { events, dropped } =
        position === null ? NOTHING : (JSON.parse(position.metadata) as Head).small.counts;
      return { ...(headOf('aggregate', lane)?.small.counts ?? NOTHING), events, dropped };
    },
  };
}
