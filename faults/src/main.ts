// `npm run faults`: kills, stops and scales what a running pipeline stands on, and counts what came of it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { rows } from './rows.ts';
import { runFaults } from './run-faults.ts';

const usage = `npm run faults [-- [--seed N] [--rounds N] [--only ROW …] [--list] [--keep] [--json] [--minutes N]]
  --seed N      repeats what was left to chance; default: a new one, which is printed
  --rounds N    every row so often; default: 1
  --only ROW    only this row; may be given several times
  --list        names the rows
  --keep        keeps folders and logs; after a failure they are kept anyhow
  --json        a line of JSON for each row, instead of the table
  --minutes N   the bound: rows for which no time is left count as failed; default: 12 for each round`;

const MINUTE_MS = 60_000;
const MINUTES_PER_ROUND = 12;

// kafkajs sets timers to moments that have passed; Node would warn each time.
process.removeAllListeners('warning');
process.exit(await main());

async function main(): Promise<number> {
  let options: ReturnType<typeof read>;
  try {
    options = read();
  } catch (error) {
    console.error(`faults: ${(error as Error).message}\n${usage}`);
    return 2;
  }
  const { values, chosen } = options;
  if (values.help) console.log(usage);
  else if (values.list) console.log(rows.map(({ name }) => name).join('\n'));
  else {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-faults-'));
    const failed = await runFaults({
      rows: chosen,
      rounds: Number(values.rounds),
      seed: Number(values.seed),
      folder,
      isJson: values.json,
      boundMs: Number(values.minutes ?? MINUTES_PER_ROUND * Number(values.rounds)) * MINUTE_MS,
      progress: (line) => console.error(line),
      print: (line) => console.log(line),
    });
    if (failed === 0 && !values.keep) rmSync(folder, { recursive: true, force: true });
    return failed === 0 ? 0 : 1;
  }
  return 0;
}

function read() {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
      rounds: { type: 'string', default: '1' },
      only: { type: 'string', multiple: true },
      minutes: { type: 'string' },
      list: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  for (const number of ['seed', 'rounds', 'minutes'] as const) {
    if (values[number] !== undefined && !/^\d+$/.test(values[number]!)) {
      throw new Error(`--${number} must be a whole number, not ${values[number]}`);
    }
  }
  const { only } = values;
  const unknown = only?.find((name) => rows.every((row) => row.name !== name));
  if (unknown !== undefined) throw new Error(`there is no row ${unknown}; --list names them`);
  return { values, chosen: only === undefined ? rows : rows.filter(({ name }) => only.includes(name)) };
}
