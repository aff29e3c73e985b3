import { createWriteStream, readFileSync } from 'node:fs';
import { finished } from 'node:stream/promises';

const DAY_MS = 86_400_000;
const DATA = new URL('../../node_modules/vega-datasets/data/', import.meta.url);

interface Row {
  date: string;
}

/**
 * Writes the flights as one JSON array of `events` rows: the 20,000 again and again, each copy shifted by whole days
 * beyond the span of the one before, so that time goes on.
 */
export async function writeFlights(path: string, events: number): Promise<void> {
  const rows = JSON.parse(readFileSync(new URL('flights-20k.json', DATA), 'utf8')) as Row[];
  const times = rows.map((row) => Date.parse(`${row.date.replaceAll('/', '-').replace(' ', 'T')}Z`));
  const spanMs = (Math.floor((times.at(-1)! - times[0]!) / DAY_MS) + 1) * DAY_MS;
  const file = createWriteStream(path);
  file.write('[');
  for (let written = 0, copy = 0; written < events; copy++) {
    const part: string[] = [];
    for (let i = 0; i < rows.length && written < events; i++, written++) {
      const date = new Date(times[i]! + copy * spanMs).toISOString();
      const shifted = `${date.slice(0, 10).replaceAll('-', '/')} ${date.slice(11, 16)}`;
      part.push(`${written === 0 ? '' : ','}${JSON.stringify({ ...rows[i], date: shifted })}`);
    }
    if (!file.write(part.join(''))) await new Promise<void>((resolve) => file.once('drain', () => resolve()));
  }
  file.end(']\n');
  await finished(file);
}
