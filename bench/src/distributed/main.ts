import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { benchLatency } from './latency.ts';
import { benchStageCost } from './stage-cost.ts';

const SERVERS = ['MILLRACE_KAFKA', 'MILLRACE_REGISTRY', 'MILLRACE_REDIS', 'MILLRACE_CASSANDRA'];

/** `npm run bench -- distributed`: what needs servers. Addresses come from the environment. */
export async function benchDistributed(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rates: { type: 'string', default: '500,2000' },
      seconds: { type: 'string', default: '30' },
      'warm-up': { type: 'string', default: '10' },
      chains: { type: 'string', default: 'bare,millrace' },
      stores: { type: 'boolean', default: false },
      events: { type: 'string', default: '200000' },
      rounds: { type: 'string', default: '3' },
      /** The cost of the first stages alone. */
      stages: { type: 'string', default: '4' },
      /** Runs one of them alone: `latency` or `cost`. */
      only: { type: 'string' },
    },
  });
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  try {
    if (values.only !== 'cost')
      await benchLatency(
        {
          brokers: address('MILLRACE_KAFKA').split(','),
          servers: Object.fromEntries(SERVERS.map((name) => [name, address(name)])),
          folder,
          rates: values.rates.split(',').map(Number),
          seconds: Number(values.seconds),
          warmUpSeconds: Number(values['warm-up']),
          stores: values.stores,
        },
        values.chains.split(','),
      );
    if (values.only !== 'latency') {
      await benchStageCost({
        brokers: address('MILLRACE_KAFKA').split(','),
        folder,
        events: Number(values.events),
        rounds: Number(values.rounds),
        stages: Number(values.stages),
      });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** @throws Error when none was given. */
function address(name: string): string {
  const given = process.env[name];
  if (given) return given;
  throw new Error(`${name} is not set: this benchmark needs real servers. Set it to host:port[,host:port].`);
}
