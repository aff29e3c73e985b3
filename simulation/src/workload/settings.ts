import type { Random } from '../random.ts';

/** What a seed decides about the pipeline. Times in milliseconds. */
export interface Settings {
  readonly lanes: number;
  readonly outOfOrderMs: number;
  readonly maxAheadMs: number;
  readonly idleMs: number;
  readonly dedupeMs: number;
  readonly keepMs: number;
  /** The document says `event.id`. */
  readonly ids: boolean;
  /** There is an HTTP source beside the files. */
  readonly http: boolean;
  /** One source with one file, one with two, or two sources with one each. */
  readonly files: 'one' | 'two_parts' | 'two_sources';
  /** Event times are multiples of this: coarse ones meet the ends of windows exactly. */
  readonly grainMs: number;
  /** Rows per second of each source of files. */
  readonly pace: number;
  readonly missing: 'flag' | 'reject' | 'ignore';
  /** Routes send each result of `per_zone`, and each alert, to topics of the user's. */
  readonly watched: boolean;
  /** How many of the events were sent before. */
  readonly repeated: number;
  readonly windows: readonly WindowSettings[];
}

export interface WindowSettings {
  /** The local one groups by the lane's key, the others by a field of the event or of the looked-up row. */
  readonly name: 'per_device' | 'per_zone' | 'per_rank';
  readonly sizeMs: number;
  readonly latenessMs: number;
  readonly emit: 'close' | 'updates';
  readonly onLate: 'dead_letter' | 'update';
}

const SECOND = 1000;
const HOUR = 3600 * SECOND;

export function chooseSettings(random: Random): Settings {
  const window = (name: WindowSettings['name']): WindowSettings => ({
    name,
    sizeMs: random.pick([3, 5, 10]) * SECOND,
    latenessMs: random.pick([0, 1, 4]) * SECOND,
    emit: random.pick(['close', 'updates']),
    onLate: random.pick(['dead_letter', 'dead_letter', 'update']),
  });
  return {
    lanes: random.between(2, 4),
    outOfOrderMs: random.pick([0, 1, 3]) * SECOND,
    maxAheadMs: 60 * SECOND,
    idleMs: random.pick([3, 6]) * SECOND,
    // Long enough for every repeat of a source, or so short that some come too late to be known.
    dedupeMs: random.pick([HOUR, SECOND]),
    keepMs: random.pick([HOUR, HOUR, 8 * SECOND]),
    ids: random.chance(0.6),
    http: random.chance(0.6),
    files: random.pick(['one', 'two_parts', 'two_sources']),
    grainMs: random.pick([1, 500]),
    pace: random.pick([2, 8, 40]),
    missing: random.pick(['flag', 'reject', 'ignore']),
    watched: random.chance(0.5),
    repeated: random.pick([0.06, 0.06, 0.3]),
    windows: [window('per_device'), window('per_zone'), ...(random.chance(0.4) ? [window('per_rank')] : [])],
  };
}
