import { expect, test } from '@jest/globals';
import { CRASH_POINTS, FUSED_POINTS, REPLAY_POINTS, UNFUSED_POINTS } from './fixtures/crash/crash-points.ts';
import { crashRun, GENTLE, KILLS, REBUILDS } from './fixtures/crash/crash-run.ts';

/** More of it: `MILLRACE_CRASH_SEED=7 MILLRACE_CRASH_KILLS=500 npm test -- apps/millrace/src/crash.test.ts`. */
const seed = Number(process.env.MILLRACE_CRASH_SEED ?? Date.now() % 1_000_000);
/** At moments of chance, besides the named points: 30 in all, or more. */
const times = Number(process.env.MILLRACE_CRASH_KILLS ?? 16);
const PER_KILL_MS = 20_000;
const withSeed = `(MILLRACE_CRASH_SEED=${seed})`;

const FUSED = [...CRASH_POINTS, ...REPLAY_POINTS, ...FUSED_POINTS];
const UNFUSED = [...CRASH_POINTS, ...REPLAY_POINTS, ...UNFUSED_POINTS];

test(
  `kill -9 at ${FUSED.length} points and ${times} moments, fused ${withSeed}`,
  async () => {
    expect(await crashRun({ seed, points: FUSED, moments: KILLS, times })).toEqual([]);
  },
  (times + 20) * PER_KILL_MS,
);

test(
  `kill -9 at ${UNFUSED.length} points and ${times} moments, with topics between the stages ${withSeed}`,
  async () => {
    const keepTopics = true;
    expect(await crashRun({ seed, points: UNFUSED, moments: KILLS, times, keepTopics })).toEqual([]);
  },
  (times + 20) * PER_KILL_MS,
);

test(
  `kill -9 while a file is read whose rows have no id ${withSeed}`,
  async () => {
    const points = [...CRASH_POINTS, ...FUSED_POINTS];
    expect(await crashRun({ seed, points, moments: KILLS, times: 0, sources: 'file' })).toEqual([]);
  },
  20 * PER_KILL_MS,
);

test.each([
  ['fused', false],
  ['with topics between the stages', true],
])(
  `SIGTERM under load, %s: it ends by itself, with everything taken ${withSeed}`,
  async (_, keepTopics) => {
    expect(await crashRun({ seed, points: [], moments: GENTLE, times: 3, keepTopics })).toEqual([]);
  },
  10 * PER_KILL_MS,
);

test(
  `kill -9 while everything is computed again ${withSeed}`,
  async () => {
    expect(await crashRun({ seed, points: [], moments: [...KILLS, ...REBUILDS], times: 10 })).toEqual([]);
  },
  20 * PER_KILL_MS,
);

test(
  'it is found out when a life does not know the ids of those before',
  async () => {
    const bug = {
      file: 'apps/aggregate/src/known-ids.ts',
      find: 'this.#restored.push(chunk);',
      replace: '',
    };
    const points = ['raw: written', 'raw: in some lanes', 'raw: written'] as const;
    const faults = await crashRun({ seed, points, moments: ['at work'], times: 3, bugs: [bug] });
    expect(faults).toContainEqual(expect.stringMatching(/^audit: .* duplicate \d+/));
    expect(faults).toContainEqual(expect.stringMatching(/^topic seen: \d+ too many/));
  },
  10 * PER_KILL_MS,
);
