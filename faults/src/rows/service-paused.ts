import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceName } from '@millrace/service/configuration/settings';
import type { Row } from '../row.ts';

/** Those whose lanes another replica takes over. */
const STAGES: readonly ServiceName[] = ['validate', 'enrich', 'aggregate', 'route'];
/** Beyond the session time-out of 10 s, after which the brokers give its lanes to the other. */
const PAUSE_MS = 14_000;

/** It wakes up in the midst of what it was doing, and writes on as if its lanes were still its own. */
export const servicePaused: Row = {
  name: 'pause-service',
  brokers: 1,
  async act({ world, random, strike, untilRouted, progress }) {
    const name = random.pick(STAGES);
    progress(`it is ${name}`);
    const other = await world.replicate(name, `${name}-other`);
    strike(); // That the other has come is a change of its own, which has to be over.
    await untilRouted();
    const service = world.service(name);
    await sleep(random.between(200, 1_200));
    strike();
    service.pause();
    try {
      await sleep(PAUSE_MS);
      await untilRouted();
    } finally {
      service.resume();
    }
    strike();
    await untilRouted();
    await world.retire(name, other);
  },
};
