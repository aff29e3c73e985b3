import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '@millrace/simulation/random';
import { acceptAudit, imbalance } from './audit.ts';
import { compare, type Differences } from './compare.ts';
import { LANES } from './document.ts';
import { type Expected, expectedOf } from './expected.ts';
import { type Load, startLoad } from './load.ts';
import type { Row } from './row.ts';
import { CLOSING_CARDS, SLICE_HOURS, sliceStart } from './sale.ts';
import type { Seen } from './tail.ts';
import type { World } from './world.ts';

/** What one try of a row came to. */
export interface Outcome extends Differences {
  readonly row: string;
  readonly events: number;
  readonly requestsRepeated: number;
  /** Acknowledged and not routed at the moment of the fault; with several faults at the one that had fewest. */
  readonly inFlight: number;
  /** From when the way was open again until every lane had routed an event sent after the fault; the worst. */
  readonly recoveryMs: number;
  /** What went wrong otherwise; null: nothing. */
  readonly trouble: string | null;
}

interface Strike {
  readonly atMs: number;
  fromMs: number;
}

/** Recovery is counted up to here. */
const RECOVERED_WITHIN_MS = 60_000;
const WARM_WITHIN_MS = 60_000;
const ANSWERED_WITHIN_MS = 90_000;
const DRAINED_WITHIN_MS = 300_000;
/** Nothing more has been routed for so long: it will not be. */
const STANDS_AFTER_MS = 30_000;
/** What has been routed is stored by then. */
const STORED_WITHIN_MS = 30_000;
/** Reading the route's topic takes a moment: what is read so soon after the fault had been routed before. */
const READ_WITHIN_MS = 25;
const POLL_MS = 50;
const LOOK_AGAIN_MS = 300;

export interface TryOptions {
  readonly world: World;
  readonly row: Row;
  readonly slice: number;
  /** No other try's. */
  readonly name: string;
  readonly random: Random;
  progress(line: string): void;
}

export async function tryRow(options: TryOptions): Promise<Outcome> {
  const { world, row, slice, name, random, progress } = options;
  const seen = world.tail.restart();
  const load = startLoad({
    pipeline: world.pipeline,
    addresses: world.ingestAddresses,
    slice,
    name,
    random: random.fork('load'),
  });
  const strikes: Strike[] = [];
  let trouble: string | null = null;
  try {
    await untilRoutedSince(load, seen, performance.now(), WARM_WITHIN_MS);
    await sleep(random.between(500, 2_500));
    await act(options, load, seen, strikes);
  } catch (error) {
    trouble = (error as Error).message;
    await world.restore();
  }
  progress(`${strikes.length} faults, ${load.sent.size} events sent; draining`);
  trouble = (await drain(load)) ?? trouble;
  if (trouble !== null) progress(trouble);
  const { differences, unbalanced } = await settle(options, load, seen);
  return {
    row: row.name,
    events: load.sent.size,
    requestsRepeated: load.repeats,
    inFlight: strikes.length === 0 ? 0 : Math.min(...strikes.map(({ atMs }) => inFlightAt(load, seen, atMs))),
    recoveryMs: Math.max(0, ...strikes.map((strike) => recoveryOf(load, seen, strike))),
    trouble: trouble ?? unbalanced ?? world.tail.failure?.message ?? null,
    ...differences,
  };
}

async function act(options: TryOptions, load: Load, seen: Seen, strikes: Strike[]): Promise<void> {
  const { world, row, random, progress } = options;
  const untilRouted = () => untilRoutedSince(load, seen, strikes.at(-1)!.atMs, RECOVERED_WITHIN_MS);
  await row.act({
    world,
    random: random.fork('fault'),
    strike() {
      const atMs = performance.now();
      strikes.push({ atMs, fromMs: atMs });
    },
    mended(atMs = performance.now()) {
      strikes.at(-1)!.fromMs = atMs;
    },
    untilRouted,
    progress,
  });
  await untilRouted();
  await sleep(random.between(500, 1_500));
}

/** @returns what went wrong; null: nothing */
async function drain(load: Load): Promise<string | null> {
  const patience = AbortSignal.timeout(ANSWERED_WITHIN_MS);
  try {
    await load.stop(patience);
    await load.close(patience);
    return null;
  } catch (error) {
    return `the load: ${(error as Error).message}`;
  }
}

interface Settled {
  readonly differences: Differences;
  /** What serve says that differs from what was acknowledged; null: nothing. */
  readonly unbalanced: string | null;
}

/** Looks again and again until nothing differs, or for as long as it may take. */
async function settle({ world, slice, progress }: TryOptions, load: Load, seen: Seen): Promise<Settled> {
  const acknowledged = [...load.sent].flatMap(([id, { sale, acknowledgedMs }]) =>
    acknowledgedMs === null ? [] : [[id, sale] as const],
  );
  const expected = expectedOf(acknowledged);
  world.acknowledged.routed += expected.routed.size + CLOSING_CARDS;
  world.acknowledged.refused += expected.refused.size;
  const place = { fromMs: sliceStart(slice), hours: SLICE_HOURS };
  const serve = () => world.service('serve').address;
  await untilThrough(world, expected, seen);
  const deadline = performance.now() + STORED_WITHIN_MS;
  for (;;) {
    const isRead = await world.tail.hasAll();
    const unbalanced = await imbalance(serve(), world.acknowledged);
    const differences = await compare(expected, seen, world.stored, place);
    const { lost, doubled, windowsWrong } = differences;
    const isClean = lost.length + doubled.length + windowsWrong.length === 0 && unbalanced === null;
    if (isRead && isClean) return { differences, unbalanced };
    if (performance.now() > deadline) {
      await acceptAudit(serve(), world.acknowledged).catch(() => {});
      return { differences, unbalanced };
    }
    progress(
      `so far ${lost.length} lost, ${doubled.length} doubled, ${windowsWrong.length} windows wrong; ` +
        (unbalanced ?? 'the audit is right'),
    );
    await sleep(LOOK_AGAIN_MS);
  }
}

/**
 * Before that a comparison would only take time from those who have to finish. What was down for long leaves much to
 * do, which takes as long as it goes on.
 */
async function untilThrough(world: World, expected: Expected, seen: Seen): Promise<void> {
  const last = performance.now() + DRAINED_WITHIN_MS;
  let routed = 0;
  let movedMs = performance.now();
  while (performance.now() < Math.min(last, movedMs + STANDS_AFTER_MS)) {
    if (seen.routed.size > routed) movedMs = performance.now();
    routed = seen.routed.size;
    const isRouted = [...expected.routed].every((id) => seen.routed.has(id));
    if (isRouted && (await world.tail.hasAll())) {
      if ((await imbalance(world.service('serve').address, world.acknowledged)) === null) return;
    }
    await sleep(LOOK_AGAIN_MS);
  }
}

function inFlightAt(load: Load, seen: Seen, atMs: number): number {
  let count = 0;
  for (const [id, { acknowledgedMs, sale }] of load.sent) {
    if (acknowledgedMs === null || acknowledgedMs > atMs || sale.amount <= 0) continue;
    if ((seen.routed.get(id)?.atMs ?? Infinity) > atMs + READ_WITHIN_MS) count += 1;
  }
  return count;
}

function recoveryOf(load: Load, seen: Seen, { atMs, fromMs }: Strike): number {
  return lastLaneRoutedMs(load, seen, atMs) - fromMs;
}

/** When the slowest lane had first routed an event that was sent after the given moment. */
function lastLaneRoutedMs(load: Load, seen: Seen, sinceMs: number): number {
  const firsts = new Array<number>(LANES).fill(Infinity);
  for (const [id, { atMs, lane }] of seen.routed) {
    const sale = load.sent.get(id);
    if (sale !== undefined && sale.sentMs > sinceMs) firsts[lane] = Math.min(firsts[lane]!, atMs);
  }
  return Math.max(...firsts);
}

async function untilRoutedSince(load: Load, seen: Seen, sinceMs: number, withinMs: number): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (lastLaneRoutedMs(load, seen, sinceMs) === Infinity) {
    if (performance.now() > deadline) throw new Error(`after ${withinMs / 1000} s not every lane routes`);
    await sleep(POLL_MS);
  }
}
