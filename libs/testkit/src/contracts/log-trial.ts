import type { EventLog, LogRecord } from '@millrace/lanes/ports/log';
import { eventually } from '../eventually.ts';
import { type Following, type FollowOptions, followLanes } from './follow-lanes.ts';

/** Not a time of old: a log may forget old records at once. */
export const NOW_MS = Date.now();

/** A log to be tried; made anew for each test, or at least with fresh topics and groups. */
export interface EventLogFixture {
  readonly log: EventLog;
  /** Lanes of each topic; at least 2. */
  readonly lanes: number;
  /** A topic that is new and can be written to. */
  topic(): Promise<string>;
  /** The name of a group that is new. */
  group(): string;
  /** Forgets a lane's records before `start`, as retention does; absent: the adapter can't be made to. */
  truncate?(topic: string, lane: number, start: number): Promise<void>;
  /** How long the slowest thing may take: a rebalance, a retry after a pause. Default: 5 s. */
  readonly patienceMs?: number;
  close(): Promise<void>;
}

/** A fixture with a topic and a group of its own. */
export interface Trial extends EventLogFixture {
  readonly subject: string;
  /** Joins the trial's own group. */
  follow(options?: FollowOptions): Promise<Following>;
  until(what: string, holds: () => boolean): Promise<void>;
}

export type Define = (title: string, run: (trial: Trial) => Promise<void>) => void;

export async function onFixture(
  make: () => Promise<EventLogFixture>,
  run: (trial: Trial) => Promise<void>,
): Promise<void> {
  const fixture = await make();
  const followers: Following[] = [];
  const busy = new Map<number, number>();
  const leaving = new Map<number, number>();
  try {
    const subject = await fixture.topic();
    const group = fixture.group();
    await run({
      ...fixture,
      subject,
      async follow(options = {}) {
        const following = await followLanes(fixture.log, { group, topic: subject, busy, leaving }, options);
        followers.push(following);
        return following;
      },
      until: (what, holds) => eventually(what, holds, fixture.patienceMs),
    });
  } finally {
    for (const following of followers) following.letGo();
    await Promise.all(followers.map((following) => following.close()));
    await fixture.close();
  }
}

export function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

export function records(...values: string[]): LogRecord[] {
  return values.map((value) => ({ value: Buffer.from(value), timestampMs: NOW_MS }));
}

export function numbered(from: number, to: number): LogRecord[] {
  return records(...range(to - from).map((i) => String(from + i)));
}

export function texts(found: readonly LogRecord[]): string[] {
  return found.map(({ value }) => Buffer.from(value).toString());
}
