import { parseArgs } from 'node:util';
import { benchFlights } from './flights.ts';
import { writeFlights } from './flights-input.ts';

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    /** Writes the flights benchmark's input and does no more. */
    'write-flights': { type: 'string' },
  },
});
const events = Number(values.events);

if (values['write-flights'] !== undefined) await writeFlights(values['write-flights'], events);
else await benchFlights(events);
