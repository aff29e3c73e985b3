import { parseDuration } from '../duration.ts';
import type { WindowFamily } from '../window-kind.ts';

/**
 * `tumbling: 1m`: windows of one size, end to end, that start at multiples of the size since 1970 UTC
 * (Akidau et al., "The Dataflow Model", VLDB 2015, fixed windows).
 */
export const tumbling: WindowFamily = {
  name: 'tumbling',
  summary: 'Windows of one size, end to end: `tumbling: 1m`.',
  settings: {
    type: 'string',
    format: 'duration',
    description: 'The size of each window; they stand end to end.',
    examples: ['1m'],
  },
  configure(settings) {
    const sizeMs = parseDuration(settings as string);
    if (sizeMs === 0) throw new RangeError('a tumbling window has to be longer than 0, such as 1m');
    // Events mostly fall into the window of the one before them: its answer is kept, not made anew.
    let latest: readonly number[] = [0];
    return {
      kind: 'tumbling',
      longestMs: sizeMs,
      starts(timeMs) {
        const startMs = startOf(timeMs, sizeMs);
        if (startMs !== latest[0]) latest = [startMs];
        return latest;
      },
      end: (startMs) => startMs + sizeMs,
    };
  },
};

/** The remainder is exact where a quotient would be rounded; before 1970 it is negative and counts from the other end. */
function startOf(timeMs: number, sizeMs: number): number {
  const past = timeMs % sizeMs;
  return past < 0 ? timeMs - past - sizeMs : timeMs - past;
}
