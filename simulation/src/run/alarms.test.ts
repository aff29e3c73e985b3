import { expect, test } from '@jest/globals';
import { askRebuild } from '@millrace/lanes/rebuild';
import { createProcess } from '../world/process.ts';
import { createStateStore } from '../world/state.ts';
import { createCalmCluster } from './calm.ts';
import { compilePipeline } from './pipeline.ts';

const SEED = 3;
/** The one that most of this seed's events go to. */
const LANE = 1;
const DEADLINE_MS = 60_000;

/**
 * All rows without their versions; of windows that are merged, and so depend on how the lanes race, only the values.
 */
const rowsOf = ({ world }: ReturnType<typeof createCalmCluster>) =>
  world.results.rows().flatMap((row) => {
    if (row.table === 'alerts' && row.window !== null && row.window.name !== 'per_device') return [];
    const merged = row.table === 'windows' && row.name !== 'per_device';
    return [JSON.stringify({ ...row, version: null, ...(merged && { revision: null }) })];
  });

const hasRead = ({ world }: ReturnType<typeof createCalmCluster>) =>
  (world.broker.committed('sim.validate', 'sim.raw', LANE)?.offset ?? 0) > 2;

test(
  'without trouble nothing raises an alarm',
  async () => {
    const cluster = createCalmCluster(SEED);
    cluster.startService();
    await cluster.takeAllIn();
    await cluster.rest();
    expect(cluster.stopped).toEqual([]);
    expect(rowsOf(cluster).length).toBeGreaterThan(20);
  },
  DEADLINE_MS,
);

test.each([
  ['validated', 1],
  ['enriched', 1],
  ['aggregated', 1],
  ['windows', 0],
  ['partials', 1],
])(
  'what %s acknowledged and lost is a lane_gap',
  async (topic, lane) => {
    const cluster = createCalmCluster(SEED);
    cluster.startService();
    const { broker } = cluster.world;
    await cluster.until(() => broker.bounds(`sim.${topic}`, lane).end > 8);
    broker.swallow(`sim.${topic}`, lane);
    await cluster.takeAllIn();
    await cluster.rest();
    expect(cluster.stopped.join()).toContain(`lane ${lane} of sim.${topic} lost records`);
  },
  DEADLINE_MS,
);

test.each([
  ['raw', 'validate'],
  ['enriched', 'aggregate'],
  ['partials', 'merge'],
  ['windows', 'route'],
])(
  '%s made again is a lane_reset, for those who go on and for those who begin',
  async (topic, stage) => {
    const cluster = createCalmCluster(SEED);
    cluster.startService();
    await cluster.takeAllIn();
    await cluster.rest();
    cluster.world.broker.recreate(`sim.${topic}`);
    cluster.startService();
    await cluster.rest();
    expect(cluster.stopped.join()).toContain(`sim.${topic}`);
    expect(
      cluster.stopped.every((line) => line.includes(stage) && line.includes('truncated or recreated')),
    ).toBe(true);
  },
  DEADLINE_MS,
);

test(
  'records that retention took before they were read are a lane_reset',
  async () => {
    const cluster = createCalmCluster(SEED);
    const service = cluster.startService();
    await cluster.until(() => hasRead(cluster));
    service.process.crash();
    await cluster.takeAllIn();
    cluster.world.broker.truncate('sim.raw', LANE, cluster.world.broker.bounds('sim.raw', LANE).end);
    cluster.startService();
    await cluster.rest();
    expect(cluster.stopped.join()).toMatch(/validate lane 1.*truncated or recreated/);
  },
  DEADLINE_MS,
);

test(
  'a state store that comes back empty is a state_lost, until it is told to rebuild',
  async () => {
    const cluster = createCalmCluster(SEED);
    const { world, plan, stopped } = cluster;
    cluster.startService().process.crash();
    cluster.startService();
    await cluster.takeAllIn();
    await cluster.rest();
    const before = rowsOf(cluster);
    world.state.flush();
    cluster.startService();
    const isStopped = (lane: RegExp) => stopped.some((line) => lane.test(line));
    await cluster.until(() => isStopped(/aggregate lane \d:/) && isStopped(/merge lane \d:/));
    expect(stopped.every((line) => line.includes('no saved state'))).toBe(true);
    const lost = /aggregate lane (\d):/.exec(stopped.join())![1];
    let tokens = 0;
    const state = createStateStore(world.network, world.state, createProcess('operator'));
    const told = askRebuild({ plan, generation: 0, state, newToken: () => `operator-${tokens++}` });
    await cluster.rest();
    expect(await told).toContain(`sim.aggregate/0/${lost}`);
    expect(new Set(stopped).size).toBe(stopped.length);
    expect(rowsOf(cluster).sort()).toEqual(before.sort());
    expect(world.state.entries.get(`sim.aggregate/0/${lost}`)?.saved?.entries.size).toBeGreaterThan(0);
  },
  DEADLINE_MS,
);

test(
  'another plan starts only where the old one has read to the end',
  async () => {
    const cluster = createCalmCluster(SEED);
    const other = compilePipeline({ ...cluster.settings, idleMs: 5000 });
    const service = cluster.startService();
    await cluster.until(() => hasRead(cluster));
    service.process.crash();
    await cluster.takeAllIn();
    cluster.startService(0, other);
    await cluster.rest();
    expect(cluster.stopped.join()).toMatch(/validate lane 1.*another version/);
  },
  DEADLINE_MS,
);

test(
  'a new generation over the same raw makes the same rows, and its versions win',
  async () => {
    const cluster = createCalmCluster(SEED);
    const { world } = cluster;
    const service = cluster.startService();
    await cluster.takeAllIn();
    await cluster.rest();
    const before = rowsOf(cluster);
    service.close();
    await cluster.rest();
    for (const topic of world.broker.topics()) if (topic !== 'sim.raw') world.broker.recreate(topic);
    cluster.startService(1);
    await cluster.rest();
    expect(cluster.stopped).toEqual([]);
    expect(rowsOf(cluster).sort()).toEqual(before.sort());
    expect(world.results.rows().every(({ version }) => version.position >= 2 ** 40)).toBe(true);
  },
  DEADLINE_MS,
);
