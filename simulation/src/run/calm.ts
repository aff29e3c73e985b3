import type { Plan } from '@millrace/pipeline/plan';
import { createRandom } from '../random.ts';
import { startClients } from '../workload/clients.ts';
import { contentsOf } from '../workload/files.ts';
import { writeScript } from '../workload/script.ts';
import { chooseSettings, type Settings } from '../workload/settings.ts';
import { createCodecs } from './codec.ts';
import { startIngestProcess } from './ingest-process.ts';
import { ALL_STAGES } from './nemesis.ts';
import { compilePipeline } from './pipeline.ts';
import { startService } from './service.ts';
import { createSimulatedWorld } from './simulated-world.ts';

const TASKS_MAX = 200_000;
/** Look-ups always get the same answer, so that two runs over the same raw agree. */
const STEADY = 1;

/** A cluster without any trouble but what a test makes: for what has to raise an alarm. */
export function createCalmCluster(seed: number, change: (settings: Settings) => Settings = (same) => same) {
  const choices = createRandom(seed);
  const settings = change({ ...chooseSettings(choices.fork('settings')), pace: 40 });
  const world = createSimulatedWorld(seed, settings.lanes, 4);
  const { scheduler } = world;
  const script = writeScript(settings, world.random.fork('script'));
  const plan = compilePipeline(settings);
  const stopped: string[] = [];
  let services = 0;
  const files = contentsOf(script.files);
  const onFailed = (_: unknown, error: Error) => stopped.push(`ingest: ${error.message}`);
  const ingest = startIngestProcess(
    { world, plan, openCodec: createCodecs(plan), files, onFailed },
    'ingest',
  );
  const clients = startClients(scheduler, script.requests, ingest.receiver, () => undefined);

  return {
    settings,
    world,
    plan,
    stopped,
    /** All stages in one process; `other`: another version of the document. */
    startService(generation = 0, other: Plan = plan) {
      const onStopped = (what: string) => stopped.push(what.split('\n')[0]!);
      const options = {
        world,
        plan: other,
        openCodec: createCodecs(other),
        generation,
        moods: STEADY,
        onStopped,
      };
      return startService(options, `service${services++}`, ALL_STAGES);
    },
    async until(condition: () => boolean): Promise<void> {
      if (!(await scheduler.run(condition, TASKS_MAX))) throw new Error('it never came to this');
    },
    /** Everything that the outside world has comes in; then ingest ends. */
    async takeAllIn(): Promise<void> {
      await scheduler.run(() => ingest.isFinished() && clients.open() === 0, TASKS_MAX);
      ingest.drain();
    },
    /** Until nothing happens any more. */
    async rest(): Promise<void> {
      if (await scheduler.run(() => false, TASKS_MAX)) throw new Error('no end');
    },
  };
}
