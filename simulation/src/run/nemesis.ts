import type { WorkerStage } from '@millrace/lanes/workers';
import type { Random } from '../random.ts';
import type { Service } from './service.ts';
import type { SimulatedWorld } from './simulated-world.ts';

/** What the nemesis may do to a run, and how often it does something. */
export interface NemesisOptions {
  readonly world: SimulatedWorld;
  readonly random: Random;
  /** Virtual time until which it goes about. */
  readonly untilMs: number;
  start(stages: readonly WorkerStage[]): void;
  services(): Service[];
  startIngest(): void;
  /** A person replays a dead letter. */
  replaySomething(): void;
  ingests(): { readonly process: Service['process'] }[];
}

export const ALL_STAGES: readonly WorkerStage[] = ['validate', 'enrich', 'aggregate', 'merge', 'route'];

const EVERY_MS = 900;
const RESTART_MS = 1500;
const PAUSE_MS = 6000;
const BACK_MAX = 4;
const SERVICES_MAX = 6;

/** The worst moment for a crash of ingest is right after it has promised something. */
export interface Nemesis {
  ingestPromised(): void;
}

const PROMISE_CRASH = 0.15;

/** Crashes, pauses and moves processes about, and turns the state store back. */
export function startNemesis(options: NemesisOptions): Nemesis {
  const { world, random, untilMs } = options;
  const { scheduler } = world;
  const acts = [crash, pause, rebalance, goBack, grow, shrink, shakeIngest, options.replaySomething];

  function crash(): void {
    const service = random.pick(options.services());
    service.process.crash();
    scheduler.after(scheduler.delay(RESTART_MS), 'restart', () => options.start(service.stages));
  }

  function pause(): void {
    const { process } = random.pick(options.services());
    process.pause();
    scheduler.after(scheduler.delay(PAUSE_MS), 'resume', () => process.resume());
  }

  function rebalance(): void {
    const groups = [...world.groups.values()];
    if (groups.length > 0) random.pick(groups).rebalance();
  }

  function goBack(): void {
    world.state.goBack(random.between(1, BACK_MAX));
  }

  function grow(): void {
    if (options.services().length < SERVICES_MAX) options.start(someStages(random));
  }

  function shrink(): void {
    const services = options.services();
    const service = random.pick(services);
    const others = services.filter((other) => other !== service).flatMap(({ stages }) => stages);
    if (service.stages.every((stage) => others.includes(stage))) service.close();
  }

  /** The old one may go on for a while, or for ever; the new one knows only what was saved. */
  function shakeIngest(): void {
    for (const { process } of options.ingests().slice(-1)) {
      if (random.chance(0.5)) process.crash();
      else {
        process.pause();
        scheduler.after(scheduler.delay(PAUSE_MS), 'resume', () => process.resume());
      }
    }
    scheduler.after(scheduler.delay(RESTART_MS), 'restart', () => options.startIngest());
  }

  function act(): void {
    if (scheduler.now() >= untilMs) return;
    random.pick(acts)();
    scheduler.after(scheduler.delay(EVERY_MS * 2), 'nemesis', act);
  }

  scheduler.after(scheduler.delay(EVERY_MS), 'nemesis', act);
  return {
    ingestPromised() {
      if (scheduler.now() >= untilMs || !random.chance(PROMISE_CRASH)) return;
      for (const { process } of options.ingests()) process.crash();
      scheduler.after(scheduler.delay(RESTART_MS), 'restart', () => options.startIngest());
    },
  };
}

export function someStages(random: Random): WorkerStage[] {
  const stages = ALL_STAGES.filter(() => random.chance(0.5));
  return stages.length > 0 ? stages : [...ALL_STAGES];
}
