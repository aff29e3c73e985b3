import { readdirSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { rebuild } from '../rebuild.ts';
import type { Row } from '../row.ts';

/** How long aggregate may take to see that its state is gone. */
const LOSS_SEEN_WITHIN_MS = 30_000;
const POLL_MS = 100;

/** As after a power cut with `appendfsync everysec`: the last second and a bit of it is gone. */
export const aofCut: Row = {
  name: 'cut-redis',
  brokers: 1,
  async act({ world, strike, mended, progress }) {
    const redis = world.servers.redis!;
    strike();
    await redis.kill9();
    progress(`${cutLastSecond(join(redis.folder, 'aof'))} bytes are cut off`);
    await redis.start();
    mended();
  },
};

/** Everything in it is gone: the state is computed anew when an operator says so. */
export const redisFlushed: Row = {
  name: 'flush-redis',
  brokers: 1,
  async act({ world, strike, mended, progress }) {
    strike();
    await flush(world.servers.redis!.address);
    await untilLossIsSeen(world.service('aggregate').address);
    const told = performance.now();
    progress((await rebuild(world.document, world.environment)).trim().split('\n').at(-1)!);
    mended(told);
  },
};

async function flush(address: string): Promise<void> {
  const redis = new Redis(address);
  try {
    await redis.flushall();
  } finally {
    redis.disconnect();
  }
}

/** A lane that has lost its state stops, and /readyz says so. */
async function untilLossIsSeen(aggregate: string): Promise<void> {
  const deadline = performance.now() + LOSS_SEEN_WITHIN_MS;
  for (;;) {
    const text = await fetch(`${aggregate}/readyz`).then((response) => response.text());
    if (text.includes('state_lost')) return;
    if (performance.now() > deadline) throw new Error(`aggregate has not seen that Redis is empty: ${text}`);
    await sleep(POLL_MS);
  }
}

/** Cuts before the last but one mark of a second. @returns how many bytes */
export function cutLastSecond(folder: string): number {
  const name = readdirSync(folder)
    .filter((file) => file.endsWith('.incr.aof'))
    .sort((a, b) => numberOf(a) - numberOf(b))
    .at(-1)!;
  const path = join(folder, name);
  const bytes = readFileSync(path);
  const last = bytes.lastIndexOf('#TS:');
  const before = bytes.lastIndexOf('#TS:', last - 1);
  if (before < 0) throw new Error(`${path} has no two marks of time`);
  truncateSync(path, before);
  return bytes.length - before;
}

function numberOf(file: string): number {
  return Number(file.split('.').at(-3));
}
