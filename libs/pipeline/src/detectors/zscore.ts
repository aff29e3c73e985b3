import type { DetectorKind, Judgement } from '../detector-kind.ts';
import { parseDuration } from '../duration.ts';

interface Config {
  readonly threshold: number;
  readonly halfLifeMs: number;
  readonly warmup: number;
  readonly forgetAfterMs: number;
}

/** Finite numbers throughout, so that JSON keeps them. */
interface State {
  /** Values seen so far. */
  count: number;
  /** The latest event time; the weights below are as of it. */
  timeMs: number;
  /** The sum of all values' weights; the newest weighs 1. */
  weight: number;
  mean: number;
  /** The weighted sum of squared deviations from the mean. */
  squares: number;
}

const WARMUP_DEFAULT = 30;
/** After so many half-lives the values before weigh less than half a percent of a new one. */
const FORGET_HALF_LIVES = 8;
/** A spread below this part of the mean is rounding, not spread. */
const RELATIVE_NOISE = 1e-12;
const NOTHING_TO_SAY: Judgement = { anomalous: false, score: null };

/**
 * How many standard deviations a value is from the mean of those before it. Mean and variance are weighted: a value
 * counts half as much after each `half_life` of event time. Updated one value at a time after West (1979), "Updating
 * mean and variance estimates: an improved method", with all weights decayed first, as in Finch (2009),
 * "Incremental calculation of weighted mean and variance", sections 4 and 9:
 *
 *     W' = W + w;  mean' = mean + w/W' · (x − mean);  S' = S + w · (x − mean)(x − mean');  variance = S / W
 *
 * A value older than the latest joins with the weight that it would have had by now, so that order doesn't matter.
 * A series without any spread has no score: nothing can be said about how unusual its next value is.
 */
export const zscore: DetectorKind<Config, State> = {
  name: 'zscore',
  summary: 'Distance from the running mean in standard deviations, older values counting less and less.',
  settings: {
    type: 'object',
    additionalProperties: false,
    required: ['threshold', 'half_life'],
    properties: {
      threshold: {
        type: 'number',
        exclusiveMinimum: 0,
        description: 'A value further than this many standard deviations from the mean is anomalous.',
        examples: [4],
      },
      half_life: {
        type: 'string',
        format: 'duration',
        description: 'The event time after which a value counts half, such as 30d.',
        examples: ['30d'],
      },
      warmup: {
        type: 'integer',
        minimum: 2,
        default: WARMUP_DEFAULT,
        description: 'How many values a group needs before any is judged.',
        examples: [50],
      },
      forget_after: {
        type: 'string',
        format: 'duration',
        description:
          'A group without a value for this event time is forgotten, and begins anew. Default: 8 half-lives.',
        examples: ['90d'],
      },
    },
  },
  configure(settings) {
    const halfLifeMs = parseDuration(settings.half_life as string);
    if (halfLifeMs === 0) throw new RangeError('half_life has to be longer than 0, such as 30d');
    const warmup = settings.warmup === undefined ? WARMUP_DEFAULT : (settings.warmup as number);
    const forgetAfterMs =
      settings.forget_after === undefined
        ? FORGET_HALF_LIVES * halfLifeMs
        : parseDuration(settings.forget_after as string);
    if (forgetAfterMs === 0) throw new RangeError('forget_after has to be longer than 0, such as 90d');
    return { threshold: settings.threshold as number, halfLifeMs, warmup, forgetAfterMs };
  },
  create: () => ({ count: 0, timeMs: 0, weight: 0, mean: 0, squares: 0 }),
  forgetAfterMs: (config) => config.forgetAfterMs,
  judge(config, state, value, timeMs) {
    if (!Number.isFinite(value)) return NOTHING_TO_SAY;
    const judgement = state.count < config.warmup ? NOTHING_TO_SAY : score(config, state, value);
    fold(config, state, value, timeMs);
    return judgement;
  },
};

function score(config: Config, state: State, value: number): Judgement {
  const deviation = Math.sqrt(state.squares / state.weight);
  if (deviation <= Math.abs(state.mean) * RELATIVE_NOISE) return NOTHING_TO_SAY;
  const distance = bounded((value - state.mean) / deviation);
  return { anomalous: Math.abs(distance) > config.threshold, score: distance };
}

function fold(config: Config, state: State, value: number, timeMs: number): void {
  const newerMs = state.count === 0 ? 0 : timeMs - state.timeMs;
  let weight = 1;
  if (newerMs > 0) {
    const decay = 2 ** (-newerMs / config.halfLifeMs);
    state.weight *= decay;
    state.squares *= decay;
  } else {
    weight = 2 ** (newerMs / config.halfLifeMs);
  }
  if (state.count === 0 || newerMs > 0) state.timeMs = timeMs;
  state.count += 1;
  state.weight += weight;
  const before = bounded(value - state.mean);
  // + 0 turns -0, which JSON would lose, to 0.
  state.mean = bounded(state.mean + (weight / state.weight) * before) + 0;
  const after = bounded(value - state.mean);
  state.squares = bounded(state.squares + Math.max(0, weight * before * after));
}

/** Within what JSON can hold. */
function bounded(number: number): number {
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, number));
}
