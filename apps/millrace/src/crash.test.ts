import { expect, test } from '@jest/globals';
import { CRASH_POINTS, FUSED_POINTS, UNFUSED_POINTS } from './fixtures/crash/crash-points.ts';
import { crashRun } from './fixtures/crash/crash-run.ts';

/** More of them: `MILLRACE_CRASH_SEED=7 MILLRACE_CRASH_KILLS=500 npm test -- apps/millrace/src/crash.test.ts`. */
const seed = Number(process.env.MILLRACE_CRASH_SEED ?? Date.now() % 1_000_000);
/** At moments of chance, besides the named points. */
const kills = Number(process.env.MILLRACE_CRASH_KILLS ?? 18);
const PER_KILL_MS = 20_000;

test(
  `kill -9 at ${CRASH_POINTS.length + FUSED_POINTS.length} points and ${kills} moments, fused (MILLRACE_CRASH_SEED=${seed})`,
  async () => {
    expect(await crashRun({ seed, points: [...CRASH_POINTS, ...FUSED_POINTS], kills })).toEqual([]);
  },
  (kills + 20) * PER_KILL_MS,
);

test(
  `kill -9 at ${CRASH_POINTS.length + UNFUSED_POINTS.length} points and ${kills} moments, with topics between the stages (MILLRACE_CRASH_SEED=${seed})`,
  async () => {
    const points = [...CRASH_POINTS, ...UNFUSED_POINTS];
    expect(await crashRun({ seed, points, kills, keepTopics: true })).toEqual([]);
  },
  (kills + 20) * PER_KILL_MS,
);
