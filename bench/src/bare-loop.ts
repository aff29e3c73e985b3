import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import avro from 'avsc';
import { parse } from 'csv-parse/sync';
import { open } from 'lmdb';
import { report } from './figure.ts';

const DATA = new URL('../../node_modules/vega-datasets/data/', import.meta.url);
const SCHEMA = new URL('../../examples/flights/flight.avsc', import.meta.url);
const BATCH = 2_000;
const DAY_MS = 86_400_000;

interface Row {
  readonly date: string;
  readonly delay: number;
  readonly distance: number;
  readonly origin: string;
  readonly destination: string;
}

interface Day {
  flights: number;
  delay: number;
  longest: number;
  distance: number;
}

/**
 * What the flights pipeline does, written by hand as one loop without lanes, recovery, lateness, duplicates or
 * detectors: parse, check and encode as Avro, two rules, a look-up, two windows, and two durable LMDB puts per event
 * in batches. The peer that the pipeline's own figure is to be divided by.
 */
export async function benchBareLoop(events: number): Promise<number> {
  const rows = JSON.parse(readFileSync(new URL('flights-20k.json', DATA), 'utf8')) as Row[];
  const texts = rows.map((row) => JSON.stringify(row));
  const airports: Record<string, string>[] = parse(readFileSync(new URL('airports.csv', DATA)), {
    columns: true,
  });
  const states = new Map(airports.map(({ iata, state }) => [iata!, state!]));
  const type = avro.Type.forSchema(JSON.parse(readFileSync(SCHEMA, 'utf8')));
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bare-'));
  const store = open({ path: folder, encoding: 'binary', overlappingSync: false });
  const origins = new Map<string, Day>();
  const byState = new Map<string, Day>();
  const started = process.cpuUsage();
  for (let at = 0; at < events; at += BATCH) {
    const written = store.batch(() => {
      for (let i = at; i < Math.min(at + BATCH, events); i++) {
        const text = texts[i % texts.length]!;
        const row = JSON.parse(text) as Row;
        const date = timeOf(row.date) + Math.floor(i / texts.length) * 90 * DAY_MS;
        const event = { id: i, ...row, date };
        if (!type.isValid(event)) throw new Error(`row ${i} does not fit`);
        if (!(row.delay > -180 && row.delay < 2_880) || row.origin === row.destination) continue;
        const day = Math.floor(date / DAY_MS);
        fold(origins, `${row.origin}${day}`, row);
        fold(byState, `${states.get(row.origin)}${day}`, row);
        // The batch's own promise tells the outcome.
        void store.put([1, i], Buffer.from(text));
        void store.put([2, i], type.toBuffer(event));
      }
    });
    await written;
  }
  await store.flushed;
  const { user, system } = process.cpuUsage(started);
  await store.close();
  rmSync(folder, { recursive: true });
  const perCpuSecond = Math.round(events / ((user + system) / 1e6));
  report({
    bench: 'bare loop',
    figure: 'events per CPU-second',
    value: perCpuSecond,
    events,
    windows: origins.size,
  });
  return perCpuSecond;
}

function fold(days: Map<string, Day>, key: string, { delay, distance }: Row): void {
  const day = days.get(key);
  if (day === undefined) days.set(key, { flights: 1, delay, longest: delay, distance });
  else {
    day.flights++;
    day.delay += delay;
    day.longest = Math.max(day.longest, delay);
    day.distance += distance;
  }
}

function timeOf(text: string): number {
  const part = (from: number, to: number) => Number(text.slice(from, to));
  return Date.UTC(part(0, 4), part(5, 7) - 1, part(8, 10), part(11, 13), part(14, 16));
}
