import { setTimeout as sleep } from 'node:timers/promises';
import type { Row } from '../row.ts';

/** How long it stays away. */
const DOWN_MS = 2_000;

/** Its process is killed, and started again on what it had. */
export function serverKilled(kind: 'kafka' | 'registry' | 'redis' | 'cassandra'): Row {
  return {
    name: `kill-${kind}`,
    brokers: 1,
    async act({ world, random, strike, mended, progress }) {
      const server = world.servers[kind]!;
      strike();
      await server.kill9();
      // Only who starts needs the registry: one of them does.
      const waiting = kind === 'registry' ? world.service(random.pick(['validate', 'enrich'])) : null;
      await waiting?.kill9();
      const started = waiting?.start();
      if (waiting) progress(`${waiting.kind} starts while it is away`);
      await sleep(DOWN_MS);
      await server.start();
      mended();
      await started;
    },
  };
}
