import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { benchBareLoop } from './bare-loop.ts';
import { benchDistributed } from './distributed/main.ts';
import { benchFlights } from './flights.ts';
import { writeFlights } from './flights-input.ts';

const [command, ...rest] = process.argv.slice(2);
if (command === 'distributed') await benchDistributed(rest);
else await benchEmbedded();

async function benchEmbedded(): Promise<void> {
  const { values } = parseArgs({
    options: {
      events: { type: 'string', default: '1000000' },
      /** Writes the flights benchmark's input and does no more. */
      'write-flights': { type: 'string' },
      /** Runs one of them alone: `flights` or `bare`. */
      only: { type: 'string' },
    },
  });
  const events = Number(values.events);

  if (values['write-flights'] !== undefined) await writeFlights(values['write-flights'], events);
  else if (values.only === 'flights') await benchFlights(events);
  else if (values.only === 'bare') await benchBareLoop(events);
  else {
    // One process each, the peer before and after, so that a change of the machine's speed shows.
    for (const one of ['bare', 'flights', 'bare']) {
      const script = [...process.execArgv, import.meta.filename, '--only', one, '--events', values.events];
      execFileSync(process.execPath, script, { stdio: 'inherit' });
    }
  }
}
