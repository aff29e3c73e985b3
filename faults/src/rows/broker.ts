import { setTimeout as sleep } from 'node:timers/promises';
import type { Row } from '../row.ts';

/** How long it stays away: the other two go on alone meanwhile. */
const DOWN_MS = 6_000;

export const brokerKilled: Row = {
  name: 'kill-broker-of-3',
  brokers: 3,
  async act({ world, random, strike, untilRouted, progress }) {
    const broker = random.pick(world.servers.kafka!.brokers);
    progress(`it is the broker on ${broker.address}`);
    strike();
    await broker.kill9();
    await Promise.all([sleep(DOWN_MS), untilRouted()]);
    strike();
    await broker.start();
    await untilRouted();
  },
};
