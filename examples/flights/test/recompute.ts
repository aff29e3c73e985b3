import { readFileSync } from 'node:fs';

const DATA = new URL('../../../node_modules/vega-datasets/data/', import.meta.url);

/** A row of vega-datasets' flights-20k.json, with the id that the pipeline gives it. */
export interface Flight {
  readonly id: number;
  readonly date: string;
  readonly delay: number;
  readonly distance: number;
  readonly origin: string;
  readonly destination: string;
}

export interface DayOfFlights {
  flights: number;
  mean_delay: number;
  max_delay: number;
  total_distance: number;
}

export function readFlights(): Flight[] {
  const rows = JSON.parse(readFileSync(new URL('flights-20k.json', DATA), 'utf8'));
  return rows.map((row: Omit<Flight, 'id'>, id: number) => ({ id, ...row }));
}

/** State by airport. None of the columns before it is quoted in this file. */
export function readStates(): Map<string, string> {
  const lines = readFileSync(new URL('airports.csv', DATA), 'utf8').trim().split(/\r?\n/);
  return new Map(
    lines.slice(1).map((line) => {
      const cells = line
        .match(/("([^"]|"")*"|[^,]*)(,|$)/g)!
        .map((cell) => cell.replace(/,$/, '').replaceAll('"', ''));
      return [cells[0]!, cells[3]!];
    }),
  );
}

/** Days by `GROUP DATE`, computed without any of Millrace's code. A flight without a group is left out. */
export function recompute(
  flights: readonly Flight[],
  groupOf: (flight: Flight) => string | undefined,
): Map<string, DayOfFlights> {
  const delays = new Map<string, number[]>();
  const distances = new Map<string, number>();
  for (const flight of flights) {
    const group = groupOf(flight);
    if (group === undefined) continue;
    const key = `${group} ${flight.date.slice(0, 10).replaceAll('/', '-')}`;
    delays.set(key, [...(delays.get(key) ?? []), flight.delay]);
    distances.set(key, (distances.get(key) ?? 0) + flight.distance);
  }
  return new Map(
    [...delays].map(([key, values]) => [
      key,
      {
        flights: values.length,
        mean_delay: values.reduce((sum, value) => sum + value, 0) / values.length,
        max_delay: Math.max(...values),
        total_distance: distances.get(key)!,
      },
    ]),
  );
}
