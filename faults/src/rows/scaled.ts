import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceName } from '@millrace/service/configuration/settings';
import type { Row } from '../row.ts';

/** From one replica to three, and back, while events come. */
export function scaled(name: ServiceName): Row {
  return {
    name: `scale-${name}`,
    brokers: 1,
    async act({ world, random, strike, untilRouted }) {
      strike();
      const more = await Promise.all([1, 2].map((i) => world.replicate(name, `${name}-more-${i}`)));
      await untilRouted();
      await sleep(random.between(200, 1_500));
      strike();
      await Promise.all(more.map((replica) => world.retire(name, replica)));
      await untilRouted();
    },
  };
}
