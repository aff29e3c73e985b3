import { join } from 'node:path';
import { createRandom, type Random } from '@millrace/simulation/random';
import { faultsOf, summary, table } from './report.ts';
import type { Row } from './row.ts';
import { type Outcome, tryRow } from './try-row.ts';
import { openWorld, type World } from './world.ts';

export interface FaultsOptions {
  readonly rows: readonly Row[];
  readonly rounds: number;
  readonly seed: number;
  /** For servers, services and their logs. */
  readonly folder: string;
  readonly isJson: boolean;
  /** For all of it: a row for which too little is left is not begun. */
  readonly boundMs: number;
  /** For people while it runs. */
  progress(line: string): void;
  /** What the run is for. */
  print(line: string): void;
}

/** A moment at which nothing was on its way proves nothing: another is taken. */
const TRIES = 3;
const EXAMPLES = 10;
/** What a row takes, roughly. */
const ROW_MS = 40_000;

/** Runs the rows and prints what came of them. @returns how many failed */
export async function runFaults(options: FaultsOptions): Promise<number> {
  const { rows, rounds, seed, folder, isJson, print, progress } = options;
  progress(`seed ${seed}; logs in ${folder}`);
  const random = createRandom(seed);
  const outcomes: Outcome[] = [];
  const skipped: string[] = [];
  /** They ended without an outcome. */
  const broken: string[] = [];
  const worlds = createWorlds(options);
  const begun = performance.now();
  let slice = 0;
  try {
    for (let round = 1; round <= rounds; round += 1) {
      for (const row of rows) {
        if (performance.now() - begun > options.boundMs - ROW_MS) {
          skipped.push(row.name);
          continue;
        }
        try {
          const world = await worlds.of(row);
          const outcome = await runRow(row, world, random.fork(`${row.name} ${round}`), () => slice++);
          outcomes.push(outcome);
          if (isJson) print(JSON.stringify(lineOf(outcome)));
        } catch (error) {
          // Nothing can be said of what others stand on either: they get a new one.
          progress(`${row.name}: FAILED: ${(error as Error).message}`);
          broken.push(row.name);
          await worlds.stop();
        }
      }
    }
  } finally {
    await worlds.stop();
  }
  if (!isJson) print(table(outcomes));
  for (const name of skipped) progress(`${name}: NOT RUN, there was no time left`);
  const without = skipped.length + broken.length;
  const failed = outcomes.filter((outcome) => faultsOf(outcome).length > 0).length + without;
  if (failed > 0) progress(`logs are kept in ${folder}; repeat with --seed ${seed}`);
  print(summary(outcomes.length + without - failed, failed));
  return failed;

  async function runRow(row: Row, world: World, chance: Random, next: () => number): Promise<Outcome> {
    for (let tried = 1; ; tried += 1) {
      const started = performance.now();
      const seconds = () => ((performance.now() - started) / 1000).toFixed(0).padStart(3);
      const name = `${seed}-${slice}`;
      const say = (line: string) => progress(`  ${seconds()} s  ${row.name}: ${line}`);
      const outcome = await tryRow({
        world,
        row,
        slice: next(),
        name,
        random: chance.fork(`try ${tried}`),
        progress: say,
      });
      const faults = faultsOf(outcome);
      const { lost, doubled, windowsWrong, inFlight, recoveryMs } = outcome;
      say(
        `${faults.length === 0 ? 'passed' : `FAILED: ${faults.join(', ')}`}; in flight ${inFlight}, ` +
          `recovery ${(recoveryMs / 1000).toFixed(1)} s`,
      );
      for (const list of [lost, doubled, windowsWrong]) for (const one of list.slice(0, EXAMPLES)) say(one);
      if (inFlight > 0 || tried === TRIES || faults.length > 1) return outcome;
    }
  }
}

/** The worlds that rows share, by the number of brokers; only one at a time runs services. */
function createWorlds({ folder, seed, progress }: FaultsOptions) {
  let current: { readonly brokers: 1 | 3; readonly world: World } | null = null;
  let opened = 0;
  return {
    async of({ brokers }: Row): Promise<World> {
      if (current?.brokers === brokers) return current.world;
      await current?.world.stop();
      current = null;
      opened += 1;
      const world = await openWorld({
        folder: join(folder, String(opened)),
        pipeline: `faults_${seed}_${opened}`,
        brokers,
        progress: (line) => progress(`  ${line}`),
      });
      current = { brokers, world };
      return world;
    },
    async stop() {
      await current?.world.stop();
      current = null;
    },
  };
}

function lineOf(outcome: Outcome): object {
  const { lost, doubled, windowsWrong, ...rest } = outcome;
  return {
    ...rest,
    lost: lost.length,
    doubled: doubled.length,
    windowsWrong: windowsWrong.length,
    faults: faultsOf(outcome),
  };
}
