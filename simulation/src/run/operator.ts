import { laneOf } from '@millrace/lanes/murmur2';
import type { DeadLetterRow } from '@millrace/lanes/ports/results';
import { replayFlow } from '@millrace/serve/replay';
import { createClock, EPOCH_MS } from '../world/clock.ts';
import { createProcess } from '../world/process.ts';
import { createRegistry } from '../world/registry.ts';
import type { OpenCodec } from './codec.ts';
import type { SimulatedWorld } from './simulated-world.ts';

/** Somebody who looks at the dead letters and replays one now and then, sometimes twice. */
export interface Operator {
  replaySomething(): void;
}

const TWICE = 0.3;

export function createOperator(world: SimulatedWorld, lanes: number, openCodec: OpenCodec): Operator {
  const { network, broker, results, scheduler } = world;
  const random = world.random.fork('operator');
  const process = createProcess('operator');
  const clock = createClock(network, process, 0);

  async function replay(row: DeadLetterRow): Promise<void> {
    const codec = await openCodec(createRegistry(network, world.registry, process), clock);
    const flow = replayFlow(row, EPOCH_MS + scheduler.now());
    const record = codec.encodeFlow('raw', flow);
    const lane = laneOf(flow.key, lanes);
    broker.append('sim.raw', lane, random.chance(TWICE) ? [record, record] : [record]);
  }

  return {
    replaySomething() {
      const letters = results
        .rows()
        .filter((row) => row.table === 'deadletters')
        .filter(({ code }) => code !== 'late_merge');
      if (letters.length > 0) void replay(random.pick(letters));
    },
  };
}
