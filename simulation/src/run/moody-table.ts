import type { Row, Table, TableKind } from '@millrace/enrich/table';
import type { Random } from '../random.ts';
import type { Network } from '../world/network.ts';
import type { SimulatedProcess } from '../world/process.ts';

/** How many answers a moody table may have for a key; the last one is "not there". */
export const MOODS = 3;

/**
 * A table outside whose rows change while the pipeline runs: two processes that look the same key up may see
 * different rows, or one of them none. `moods` = 1: it always answers the same.
 */
export function createMoodyTable(
  network: Network,
  process: SimulatedProcess,
  random: Random,
  moods: number,
): Table {
  const prepared = new Map<string, Row | null>();
  return {
    get(key) {
      if (!prepared.has(key)) throw new Error(`${key} was looked up without having been prepared`);
      return prepared.get(key)!;
    },
    prepare: (keys) =>
      network.request(
        process,
        `${process.name} looks up ${[...keys]}`,
        () => {
          for (const key of keys) prepared.set(key, rowOf(key, random.below(moods)));
        },
        (message) => new Error(message),
      ),
  };
}

/** `z0` is never there, the others are, in all moods but the last. */
export function rowOf(key: string, mood: number): Row | null {
  if (key === 'z0' || mood === MOODS - 1) return null;
  return { rank: `rank${(key.charCodeAt(1) + mood) % 2}`, risk: mood };
}

/** For the catalogue: a simulated process opens its table itself. */
export const moodyKind: TableKind = {
  name: 'moody',
  summary: 'answers as it pleases',
  settings: { type: 'object', additionalProperties: false },
  open: () => Promise.reject(new Error('opened by the simulated process itself')),
};
