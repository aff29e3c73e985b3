import type { Flight } from './recompute.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** Less than the pipeline's `out_of_order`, so that none of the shuffled is late. */
const SHUFFLE_MS = 50 * MINUTE_MS;

/** How many rows of each kind the variant has. */
export interface Planted {
  readonly late: number;
  readonly duplicate: number;
  readonly conflict: number;
  readonly malformed: number;
  readonly farFuture: number;
  readonly implausible: number;
  readonly unknownAirport: number;
}

export interface Variant {
  /** NDJSON. */
  readonly text: string;
  readonly rows: number;
  /** The flights that belong into windows: not the late ones, but those of the unknown airport. */
  readonly counted: readonly Flight[];
}

/**
 * The flights in another order and with faults planted in known numbers: shuffled within `out_of_order`, some moved
 * so far back that all their windows have closed, some twice, some with the id of another, and rows of nonsense.
 */
export function plantVariant(flights: readonly Flight[], planted: Planted, seed: number): Variant {
  const random = seeded(seed);
  const pick = (below: number) => Math.floor(random() * below);
  const late = pickLate(flights, planted.late, pick);
  const lateIds = new Set(late.map(({ flight }) => flight.id));
  const lines = flights
    .filter(({ id }) => !lateIds.has(id))
    .map((flight) => ({ at: timeOf(flight) + random() * SHUFFLE_MS, text: JSON.stringify(flight) }));
  for (const { flight, at } of late) lines.push({ at, text: JSON.stringify(flight) });
  const extras = planting(
    flights.filter(({ id }) => !lateIds.has(id)),
    planted,
    pick,
  );
  lines.push(...extras.lines);
  const ordered = lines.toSorted((left, right) => left.at - right.at);
  return {
    text: `${ordered.map(({ text }) => text).join('\n')}\n`,
    rows: ordered.length,
    counted: [...flights.filter(({ id }) => !lateIds.has(id)), ...extras.counted],
  };
}

/** Flights whose own airport has another flight a good while after their day, but before the place they move to. */
function pickLate(flights: readonly Flight[], count: number, pick: (below: number) => number) {
  const chosen = new Map<number, { readonly flight: Flight; readonly at: number }>();
  while (chosen.size < count) {
    const flight = flights[pick(flights.length)]!;
    const day = Math.floor(timeOf(flight) / DAY_MS) * DAY_MS;
    const closes = flights.find(
      (other) => other.origin === flight.origin && timeOf(other) > day + DAY_MS + 2 * HOUR_MS,
    );
    if (closes === undefined) continue;
    chosen.set(flight.id, { flight, at: timeOf(closes) + 2 * SHUFFLE_MS });
  }
  return [...chosen.values()];
}

function planting(flights: readonly Flight[], planted: Planted, pick: (below: number) => number) {
  const lines: { at: number; text: string }[] = [];
  const counted: Flight[] = [];
  let id = 1_000_000;
  const some = () => flights[pick(flights.length)]!;
  const add = (flight: Flight, after: number, text = JSON.stringify(flight)) =>
    lines.push({ at: timeOf(flight) + after, text });
  for (const flight of distinct(flights, planted.duplicate, pick)) add(flight, SHUFFLE_MS + HOUR_MS);
  for (const flight of distinct(flights, planted.conflict, pick)) {
    add(flight, SHUFFLE_MS + HOUR_MS, JSON.stringify({ ...flight, delay: flight.delay + 1 }));
  }
  for (let i = 0; i < planted.malformed; i++) add(some(), 0, `{"id":${id++},"date":"2001/01/0`);
  for (let i = 0; i < planted.farFuture; i++) {
    const flight = some();
    add(flight, 0, JSON.stringify({ ...flight, id: id++, date: '2999/01/01 00:00' }));
  }
  for (let i = 0; i < planted.implausible; i++) {
    const flight = some();
    add(flight, 0, JSON.stringify({ ...flight, id: id++, delay: 99_999 }));
  }
  for (let i = 0; i < planted.unknownAirport; i++) {
    const flight = { ...some(), id: id++, origin: 'ZZZ' };
    counted.push(flight);
    add(flight, 0);
  }
  return { lines, counted };
}

function distinct(flights: readonly Flight[], count: number, pick: (below: number) => number): Flight[] {
  const chosen = new Set<Flight>();
  while (chosen.size < count) chosen.add(flights[pick(flights.length)]!);
  return [...chosen];
}

function timeOf({ date }: Flight): number {
  return Date.parse(`${date.replaceAll('/', '-').replace(' ', 'T')}Z`);
}

/** mulberry32. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
