import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Judgement } from '../detector-kind.ts';
import { zscore } from './zscore.ts';

const HOUR = 3_600_000;
type Sample = readonly [value: number, timeMs: number];

function judgeAll(samples: readonly Sample[], settings: Record<string, unknown>): Judgement[] {
  const config = zscore.configure(settings);
  const state = zscore.create(config);
  return samples.map(([value, time]) => zscore.judge(config, state, value, time));
}

/** Straight from the definition: every value's weight is 2^(−age/half life) as of the latest time. */
function weightedDirectly(samples: readonly Sample[], halfLifeMs: number) {
  const latest = Math.max(...samples.map(([, time]) => time));
  const weights = samples.map(([, time]) => 2 ** ((time - latest) / halfLifeMs));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const mean = samples.reduce((sum, [value], i) => sum + value * weights[i]!, 0) / total;
  const variance = samples.reduce((sum, [value], i) => sum + weights[i]! * (value - mean) ** 2, 0) / total;
  return { mean, deviation: Math.sqrt(variance) };
}

const settings = { threshold: 3, half_life: '1h', warmup: 2 };
const sample = fc.tuple(fc.integer({ min: -1000, max: 1000 }), fc.integer({ min: 0, max: 20 * HOUR }));

test('the score is the distance from the weighted mean in weighted deviations, in whatever order the times are', () => {
  fc.assert(
    fc.property(fc.array(sample, { minLength: 3, maxLength: 40 }), (samples) => {
      const before = samples.slice(0, -1);
      const [value] = samples.at(-1)!;
      const { mean, deviation } = weightedDirectly(before, HOUR);
      fc.pre(deviation > 1e-3);
      const last = judgeAll(samples, settings).at(-1)!;
      expect(last.score).toBeCloseTo((value - mean) / deviation, 3);
    }),
  );
});

test('a group is forgotten after forget_after, or 8 half-lives', () => {
  const forgetAfterMs = (parts: object) => zscore.forgetAfterMs(zscore.configure({ ...settings, ...parts }));
  expect(forgetAfterMs({})).toBe(8 * HOUR);
  expect(forgetAfterMs({ forget_after: '90m' })).toBe(1.5 * HOUR);
  expect(() => forgetAfterMs({ forget_after: '0s' })).toThrow(/forget_after has to be longer than 0/);
});

test('values during the warmup are learnt from and not judged', () => {
  const judgements = judgeAll(
    [
      [1, 0],
      [2, 1],
      [3, 2],
      [1000, 3],
    ],
    { ...settings, warmup: 3 },
  );
  expect(judgements.slice(0, 3)).toEqual(new Array(3).fill({ anomalous: false, score: null }));
  expect(judgements[3]!.anomalous).toBe(true);
});

test('a value at the threshold is not anomalous, one beyond it on either side is', () => {
  const around = (value: number) =>
    judgeAll(
      [
        [-1, 0],
        [1, 0],
        [value, 0],
      ],
      settings,
    ).at(-1);
  expect(around(3)).toEqual({ anomalous: false, score: 3 });
  expect(around(3.5)).toEqual({ anomalous: true, score: 3.5 });
  expect(around(-3.5)).toEqual({ anomalous: true, score: -3.5 });
});

test('a constant series says nothing about a jump, nor about rounding', () => {
  const constant: Sample[] = Array.from({ length: 50 }, (_, i) => [0.1, i]);
  expect(judgeAll([...constant, [1e9, 50]], settings).at(-1)).toEqual({ anomalous: false, score: null });
  const rounding: Sample[] = Array.from({ length: 50 }, (_, i) => [i % 2 ? 0.3 : 0.1 + 0.2, i]);
  expect(judgeAll([...rounding, [0.31, 50]], settings).at(-1)).toEqual({ anomalous: false, score: null });
});

test('what was long ago is outweighed by what is recent', () => {
  const old: Sample[] = Array.from({ length: 100 }, (_, i) => [i % 2 ? 9 : 11, i]);
  const recent: Sample[] = Array.from({ length: 20 }, (_, i) => [i % 2 ? 99 : 101, 20 * HOUR + i]);
  const [like, unlike] = [100, 10].map(
    (value) => judgeAll([...old, ...recent, [value, 21 * HOUR]], settings).at(-1)!,
  );
  expect(like!.anomalous).toBe(false);
  expect(unlike!.anomalous).toBe(true);
});

test('out-of-order times do not make old values heavier', () => {
  const config = zscore.configure(settings);
  const state = zscore.create(config);
  for (let i = 0; i < 1_000; i++) zscore.judge(config, state, i % 7, (1_000 - i) * HOUR);
  // 1 + 1/2 + 1/4 + … = 2
  expect(state.weight).toBeCloseTo(2, 9);
  expect(state.timeMs).toBe(1_000 * HOUR);
});

test('a state saved as JSON at any point goes on as if it had not been, with any values', () => {
  const any = fc.tuple(
    fc.oneof(fc.double(), fc.constantFrom(-0, Number.NaN, Number.POSITIVE_INFINITY, 1e308, -1e308, 5e-324)),
    fc.integer({ min: -8.64e15, max: 8.64e15 }),
  );
  const config = zscore.configure(settings);
  fc.assert(
    fc.property(fc.array(any), fc.array(any), (before, after) => {
      const whole = zscore.create(config);
      for (const [value, time] of before) zscore.judge(config, whole, value, time);
      const restored = JSON.parse(JSON.stringify(whole));
      const judged = after.map(([value, time]) => zscore.judge(config, whole, value, time));
      expect(after.map(([value, time]) => zscore.judge(config, restored, value, time))).toStrictEqual(judged);
      expect(restored).toStrictEqual(whole);
      for (const { score } of judged) expect(score === null || Number.isFinite(score)).toBe(true);
    }),
  );
});

test('settings: the warmup has a default; a half-life of nothing is refused', () => {
  expect(zscore.configure({ threshold: 4, half_life: '30d' })).toEqual({
    threshold: 4,
    halfLifeMs: 30 * 24 * HOUR,
    warmup: 30,
    forgetAfterMs: 8 * 30 * 24 * HOUR,
  });
  expect(() => zscore.configure({ threshold: 4, half_life: '0s' })).toThrow(
    'half_life has to be longer than 0',
  );
});
