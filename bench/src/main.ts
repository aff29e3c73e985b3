import { parseArgs } from 'node:util';
import { benchFlights } from './flights.ts';

const { values } = parseArgs({ options: { events: { type: 'string', default: '1000000' } } });

await benchFlights(Number(values.events));
