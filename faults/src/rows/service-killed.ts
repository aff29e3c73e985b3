import { SERVICES } from '@millrace/deploy/cluster/cluster';
import type { ServiceName } from '@millrace/service/configuration/settings';
import type { Row, Stage } from '../row.ts';
import { startAgain } from '../world.ts';

export function serviceKilled(name: ServiceName): Row {
  return {
    name: `kill-${name}`,
    brokers: 1,
    act: (stage) => kill(stage, [name]),
  };
}

/** A seeded pair at once. */
export const twoKilled: Row = {
  name: 'kill-two',
  brokers: 1,
  async act(stage) {
    const pair = stage.random.shuffled(SERVICES).slice(0, 2);
    stage.progress(`the two are ${pair.join(' and ')}`);
    await kill(stage, pair);
  },
};

async function kill({ world, strike, mended }: Stage, names: readonly ServiceName[]): Promise<void> {
  const services = names.map((name) => world.service(name));
  strike();
  await Promise.all(services.map((service) => service.kill9()));
  const started = await Promise.all(services.map(startAgain));
  mended(Math.max(...started));
}
