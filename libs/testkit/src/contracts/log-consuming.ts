import { expect } from '@jest/globals';
import { LaneStopped } from '@millrace/lanes/ports/log';
import { followLanes } from './follow-lanes.ts';
import { type Define, numbered, range, texts } from './log-trial.ts';

export function consuming(check: Define): void {
  check('takes every lane over and reads what is there', async ({ log, subject, lanes, follow, until }) => {
    for (let lane = 0; lane < lanes; lane++) await log.append(subject, lane, numbered(0, 5 + lane));
    const member = await follow();
    await until('all lanes read', () => range(lanes).every((lane) => member.read(lane).length === 5 + lane));
    for (const lane of range(lanes)) {
      expect(member.read(lane)).toEqual(texts(numbered(0, 5 + lane)));
      expect(member.takeOvers(lane)).toBe(1);
    }
    expect(member.faults()).toEqual([]);
  });

  check('reads on as the lane grows', async ({ log, subject, follow, until }) => {
    const member = await follow();
    for (let i = 0; i < 20; i++) {
      await log.append(subject, 0, numbered(i * 3, i * 3 + 3));
      if (i % 5 === 0) await until('caught up', () => member.read(0).length === i * 3 + 3);
    }
    await until('all read', () => member.read(0).length === 60);
    expect(member.read(0)).toEqual(texts(numbered(0, 60)));
    expect(member.takeOvers(0)).toBe(1);
    expect(member.faults()).toEqual([]);
  });

  check('starts where the reader says, whatever was committed', async (trial) => {
    const { log, subject, follow, until } = trial;
    await log.append(subject, 0, numbered(0, 10));
    await log.append(subject, 0, numbered(10, 20));
    const member = await follow({ from: (lane) => (lane === 0 ? 7 : 0) });
    await until('read from 7 on', () => member.read(0).length === 13);
    expect(member.read(0)).toEqual(texts(numbered(7, 20)));
    expect(member.faults()).toEqual([]);
  });

  check('starts before what was committed where the reader says so', async (trial) => {
    const { log, subject, follow, until } = trial;
    await log.append(subject, 0, numbered(0, 10));
    const first = await follow({ commit: true });
    await until('all read', () => first.read(0).length === 10);
    await first.close();
    const second = await follow({ from: () => 0 });
    await until('all read again', () => second.read(0).length === 10);
    expect(second.read(0)).toEqual(texts(numbered(0, 10)));
  });

  check('says the end of the lane with each batch', async ({ log, subject, follow, until }) => {
    await log.append(subject, 0, numbered(0, 10));
    const member = await follow();
    await until('all read', () => member.read(0).length === 10);
    expect(member.ends(0).every((end) => end === 10)).toBe(true);
  });

  check('brings a large backlog in batches, one at a time', async ({ log, subject, follow, until }) => {
    for (let i = 0; i < 10; i++) await log.append(subject, 0, numbered(i * 1_000, (i + 1) * 1_000));
    const member = await follow({ delayMs: 1 });
    await until('all read', () => member.read(0).length === 10_000);
    expect(member.read(0)).toEqual(texts(numbered(0, 10_000)));
    expect(member.faults()).toEqual([]);
  });

  check(
    'close waits for the batch under way, and nothing follows',
    async ({ log, subject, follow, until }) => {
      await log.append(subject, 0, numbered(0, 5));
      const member = await follow({ hold: true });
      await until('a batch is held', () => member.holding());
      let closed = false;
      const closing = member.close().then(() => {
        closed = true;
      });
      await log.append(subject, 1, numbered(0, 5));
      expect(closed).toBe(false);
      member.letGo();
      await closing;
      const seen = member.read(0).length;
      await log.append(subject, 0, numbered(5, 10));
      const other = await follow();
      await until('another one reads', () => other.read(0).length === 10);
      expect(member.read(0)).toHaveLength(seen);
      expect(member.released(0)).toBe(true);
    },
  );
}

export function failures(check: Define): void {
  check('after a rejected batch takes over anew and reads from there', async (trial) => {
    const { log, subject, follow, until } = trial;
    await log.append(subject, 0, numbered(0, 10));
    let failures = 2;
    const member = await follow({ from: () => (failures > 0 ? 0 : 4), fail: () => failures-- > 0 });
    await until('read after failing', () => member.read(0).length === 6);
    expect(member.read(0)).toEqual(texts(numbered(4, 10)));
    expect(member.takeOvers(0)).toBe(3);
    expect(member.faults()).toEqual([]);
  });

  check('a reader that fails between two batches is taken over anew', async (trial) => {
    const { log, subject, follow, until } = trial;
    await log.append(subject, 0, numbered(0, 10));
    const failure = Promise.withResolvers<Error>();
    const never = new Promise<Error>(() => {});
    const member = await follow({
      from: (lane) => member.read(lane).length,
      failed: (lane) => (lane === 0 && member.takeOvers(0) === 1 ? failure.promise : never),
    });
    await until('all read', () => member.read(0).length === 10);
    failure.resolve(new Error('what it had done could not be saved'));
    await until('taken over anew', () => member.takeOvers(0) === 2);
    await log.append(subject, 0, numbered(10, 20));
    await until('read on', () => member.read(0).length === 20);
    expect(member.read(0)).toEqual(texts(numbered(0, 20)));
    expect(member.faults()).toEqual([]);
  });

  check('a reader that stops its lane between two batches ends it', async (trial) => {
    const { log, subject, follow, until } = trial;
    await log.append(subject, 0, numbered(0, 10));
    const failed = Promise.resolve(new LaneStopped('state_limit', 'what is saved is too large'));
    const member = await follow({ failed: () => failed });
    await until('lane 0 stopped', () => member.stopped(0) !== null);
    expect(member.stopped(0)).toMatchObject({ code: 'state_limit' });
    expect(member.takeOvers(0)).toBe(1);
  });

  check('a lane that fails does not hold up the others', async ({ log, subject, follow, until }) => {
    for (const lane of [0, 1]) await log.append(subject, lane, numbered(0, 10));
    const member = await follow({ fail: (lane) => lane === 0 });
    await until('lane 1 read', () => member.read(1).length === 10);
    await until('lane 0 tried again', () => member.takeOvers(0) > 1);
    await log.append(subject, 1, numbered(10, 20));
    await until('lane 1 goes on', () => member.read(1).length === 20);
  });

  check('a take-over that fails is tried again', async ({ log, subject, follow, until }) => {
    await log.append(subject, 0, numbered(0, 10));
    const member = await follow({
      from: (lane) => {
        if (lane === 0 && member.takeOvers(0) < 3) throw new Error('not yet');
        return 0;
      },
    });
    await until('read in the end', () => member.read(0).length === 10);
    expect(member.takeOvers(0)).toBe(3);
  });

  check('a reader that stops its lane ends it, and only it', async ({ log, subject, follow, until }) => {
    for (const lane of [0, 1]) await log.append(subject, lane, numbered(0, 10));
    const member = await follow({
      fail: (lane) => (lane === 0 ? new LaneStopped('lane_gap', 'an event is missing') : false),
    });
    await until('lane 0 stopped', () => member.stopped(0) !== null);
    expect(member.stopped(0)).toMatchObject({ code: 'lane_gap' });
    await log.append(subject, 0, numbered(10, 20));
    await log.append(subject, 1, numbered(10, 20));
    await until('lane 1 goes on', () => member.read(1).length === 20);
    expect(member.takeOvers(0)).toBe(1);
  });

  check('a take-over that stops its lane ends it', async ({ log, subject, follow, until }) => {
    await log.append(subject, 1, numbered(0, 10));
    const member = await follow({
      from: (lane) => {
        if (lane === 0) throw new LaneStopped('state_lost', 'no checkpoint');
        return 0;
      },
    });
    await until('lane 0 stopped', () => member.stopped(0) !== null);
    await until('lane 1 read', () => member.read(1).length === 10);
    expect(member.takeOvers(0)).toBe(1);
  });

  check('a reader beyond the end stops with lane_reset', async ({ log, subject, group, follow, until }) => {
    await log.append(subject, 0, numbered(0, 10));
    await log.commit(group(), subject, 0, { offset: 50, metadata: 'of another log' });
    const member = await follow({ from: (lane) => (lane === 0 ? 50 : 0) });
    await until('lane 0 stopped', () => member.stopped(0) !== null);
    expect(member.stopped(0)).toMatchObject({ code: 'lane_reset' });
    expect(member.read(0)).toEqual([]);
  });

  check('a reader before the start stops with lane_reset', async (trial) => {
    const { log, subject, truncate, follow, until } = trial;
    if (!truncate) throw new Error('the fixture has no truncate: skip this test and say why');
    await log.append(subject, 0, numbered(0, 10));
    await truncate(subject, 0, 10);
    await log.append(subject, 0, numbered(10, 20));
    const member = await follow({ from: (lane) => (lane === 0 ? 3 : 0) });
    await until('lane 0 stopped', () => member.stopped(0) !== null);
    expect(member.stopped(0)).toMatchObject({ code: 'lane_reset' });
    expect(member.read(0)).toEqual([]);
  });
}

export function sharing(check: Define): void {
  check('groups read independently', async ({ log, subject, group, until }) => {
    await log.append(subject, 0, numbered(0, 10));
    const one = await followLanes(
      log,
      { group: group(), topic: subject, busy: new Map(), leaving: new Map() },
      {},
    );
    const other = await followLanes(
      log,
      { group: group(), topic: subject, busy: new Map(), leaving: new Map() },
      {},
    );
    await until('both read all', () => one.read(0).length === 10 && other.read(0).length === 10);
    await Promise.all([one.close(), other.close()]);
  });

  check('two members share the lanes; the one that stays takes them all over', async (trial) => {
    const { log, subject, lanes, follow, until } = trial;
    for (const lane of range(lanes)) await log.append(subject, lane, numbered(0, 10));
    const first = await follow({ commit: true });
    const second = await follow({ commit: true });
    const split = () => range(lanes).every((lane) => first.holds(lane) !== second.holds(lane));
    await until('each lane has one holder', () => split() && range(lanes).some((lane) => second.holds(lane)));
    for (const lane of range(lanes)) await log.append(subject, lane, numbered(10, 20));
    const heard = (lane: number) => new Set([...first.read(lane), ...second.read(lane)]);
    await until('all read', () => range(lanes).every((lane) => heard(lane).size === 20));
    await first.close();
    await until('the second holds all', () => range(lanes).every((lane) => second.holds(lane)));
    for (const lane of range(lanes)) await log.append(subject, lane, numbered(20, 30));
    await until('all read on', () => range(lanes).every((lane) => heard(lane).size === 30));
    for (const lane of range(lanes)) expect([...heard(lane)].sort(byNumber)).toEqual(texts(numbered(0, 30)));
    expect([...first.faults(), ...second.faults()]).toEqual([]);
  });

  check('close waits for what a released reader has under way, which can still commit', async (trial) => {
    const { log, subject, follow, until } = trial;
    await log.append(subject, 0, numbered(0, 10));
    const first = await follow({ commitOnLeaving: true });
    await until('all read', () => first.read(0).length === 10);
    await first.close();
    await log.append(subject, 0, numbered(10, 20));
    const second = await follow();
    await until('the second reads on', () => second.read(0).at(-1) === '19');
    expect(second.read(0)).toEqual(texts(numbered(10, 20)));
    expect([...first.faults(), ...second.faults()]).toEqual([]);
  });

  check('a take-over waits for the batch that a former reader in this process holds', async (trial) => {
    const { log, subject, lanes, follow, until } = trial;
    for (const lane of range(lanes)) await log.append(subject, lane, numbered(0, 10));
    const first = await follow({ hold: true });
    await until('every lane is held', () => range(lanes).every((lane) => first.holdingLane(lane)));
    const second = await follow();
    const closing = first.close();
    for (let i = 0; i < 10; i++) await log.append(subject, 0, numbered(10 + i, 11 + i));
    expect(range(lanes).map((lane) => second.takeOvers(lane))).toEqual(range(lanes).map(() => 0));
    first.letGo();
    await closing;
    await until('the second reads all', () => range(lanes).every((lane) => second.read(lane).length >= 10));
    await until('and what came later', () => second.read(0).length === 20);
    expect(second.faults()).toEqual([]);
  });
}

function byNumber(a: string, b: string): number {
  return Number(a) - Number(b);
}
