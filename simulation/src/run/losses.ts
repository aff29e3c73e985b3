import { askRebuild } from '@millrace/lanes/rebuild';
import type { Plan } from '@millrace/pipeline/plan';
import type { Random } from '../random.ts';
import { createProcess } from '../world/process.ts';
import { createStateStore } from '../world/state.ts';
import type { SimulatedWorld } from './simulated-world.ts';

const LOSING_RUNS = 0.25;
const LOSSES_MAX = 2;
const NOTICE_MS = 4_000;
const AGAIN_MS = 500;

/**
 * In some runs the state store comes back empty, ingest's positions and all; a while later somebody tells the lanes
 * to compute their states again. @returns whether a lane may be without its state.
 */
export function startLosses(
  world: SimulatedWorld,
  plan: Plan,
  generation: number,
  untilMs: number,
  random: Random,
): () => boolean {
  const { scheduler, network, state: server } = world;
  const state = createStateStore(network, server, createProcess('rebuilder'));
  let losses = 0;
  let tokens = 0;
  const newToken = () => `rebuilder-${tokens++}`;

  function lose(): void {
    losses++;
    server.flush();
    scheduler.after(scheduler.delay(NOTICE_MS), 'rebuild', tell);
  }

  function tell(): void {
    askRebuild({ plan, generation, state, newToken }).catch(() =>
      scheduler.after(AGAIN_MS, 'rebuild again', tell),
    );
  }

  if (random.chance(LOSING_RUNS)) {
    for (let left = random.between(1, LOSSES_MAX); left > 0; left--)
      scheduler.after(random.between(1, untilMs), 'state lost', lose);
  }
  return () => losses > 0;
}
