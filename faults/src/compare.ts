import type { Expected, WindowValues } from './expected.ts';
import type { Stored, StoredWindow } from './stored.ts';
import type { Seen } from './tail.ts';

/** What differs from what was acknowledged; examples are for people. */
export interface Differences {
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
  readonly windowsWrong: readonly string[];
}

export interface Place {
  readonly fromMs: number;
  readonly hours: number;
}

/** Rows of `events` that are asked for one by one; the others are looked for in the list alone. */
const SAMPLE = 1_000;

export async function compare(
  expected: Expected,
  seen: Seen,
  stored: Stored,
  at: Place,
): Promise<Differences> {
  const windows = await stored.windows(at.fromMs, at.hours);
  const { lost, doubled } = compareSeen(expected, seen);
  const { wrong, counted } = compareWindows(expected.windows, windows);
  return {
    lost: [...(await lostRows(expected, stored, at)), ...lost],
    doubled: [...doubled, ...counted, ...(await extraAlerts(expected, stored, at))],
    windowsWrong: wrong,
  };
}

async function lostRows({ routed, refused, alerts }: Expected, stored: Stored, at: Place): Promise<string[]> {
  const listed = await stored.listedEvents(at.fromMs, at.hours);
  const ids = [...routed];
  const unlisted = ids.filter((id) => !listed.has(id));
  const step = Math.max(1, Math.floor(ids.length / SAMPLE));
  const rowless = await stored.missingEvents(ids.filter((id, i) => i % step === 0 && listed.has(id)));
  const letterless = await stored.missingDeadLetters([...refused.values()]);
  const alertless = await stored.missingAlerts([...alerts]);
  return [
    ...unlisted.map((id) => `event ${id} is not stored`),
    ...rowless.map((id) => `event ${id} is listed, but has no row`),
    ...letterless.map((id) => `dead letter ${id} is not stored`),
    ...alertless.map((id) => `alert ${id} is not stored`),
  ];
}

async function extraAlerts({ alerts }: Expected, stored: Stored, at: Place): Promise<string[]> {
  const listed = await stored.listedAlerts(at.fromMs, at.hours);
  return [...listed].filter((id) => !alerts.has(id)).map((id) => `alert ${id} has no cause`);
}

/** Of the topics. */
export function compareSeen(
  { routed, refused, alerts }: Expected,
  seen: Seen,
): Omit<Differences, 'windowsWrong'> {
  const once = [...routed, ...refused.keys()].map((id) => `event ${id}`);
  const lost = [
    ...[...once, ...[...alerts].map((id) => `alert ${id}`)]
      .filter((what) => !seen.news.has(what))
      .map((what) => `${what} is not on the pipeline's topics`),
    ...[...routed]
      .filter((id) => !seen.routed.has(id))
      .map((id) => `event ${id} is not on the route's topic`),
  ];
  const doubled = [...seen.news]
    .filter(([, times]) => times > 1)
    .map(([what, times]) => `${what} is ${times} times on its topic, and no repeat`);
  return { lost, doubled };
}

/** `counted`: an entry for each event that a window counts beyond those that there were. */
export function compareWindows(
  expected: ReadonlyMap<string, WindowValues>,
  stored: ReadonlyMap<string, StoredWindow>,
): { readonly wrong: string[]; readonly counted: string[] } {
  const wrong: string[] = [];
  const counted: string[] = [];
  for (const key of new Set([...expected.keys(), ...stored.keys()])) {
    const wanted = expected.get(key);
    const found = stored.get(key);
    if (found !== undefined && wanted !== undefined && found.final && isSame(found.values, wanted)) continue;
    wrong.push(
      `window ${key} is ${JSON.stringify(found ?? null)}, but should be ${JSON.stringify(wanted ?? null)}`,
    );
    const surplus = (found?.values.sales ?? 0) - (wanted?.sales ?? 0);
    if (surplus > 0) counted.push(`window ${key} counts ${surplus} more than there were`);
  }
  return { wrong, counted };
}

function isSame(found: WindowValues, wanted: WindowValues): boolean {
  return found.sales === wanted.sales && found.total === wanted.total && found.largest === wanted.largest;
}
