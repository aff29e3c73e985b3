import { expect, test } from '@jest/globals';
import { CRASH_POINTS, FUSED_POINTS, UNFUSED_POINTS } from './fixtures/crash/crash-points.ts';
import { type CrashRun, crashRun, DRAINING } from './fixtures/crash/crash-run.ts';
import { type Expected, expectedOf, outcomesOf } from './fixtures/crash/expected.ts';

const seed = Number(process.env.MILLRACE_CRASH_SEED ?? Date.now() % 1_000_000);
/** At moments of chance, besides the named points. */
const kills = Number(process.env.MILLRACE_CRASH_KILLS ?? 18);
const PER_KILL_MS = 20_000;

test(
  `killed again and again, fused: nothing is lost, nothing counts twice (MILLRACE_CRASH_SEED=${seed})`,
  async () => {
    const points = [...CRASH_POINTS, ...FUSED_POINTS];
    const run = await crashRun({ seed, points, kills });
    expectEveryKill(run, points, kills);
    const expected = expectExact(run);
    expect(difference(run.results.seen, expected.seen)).toEqual(SAME);
    expect(difference(run.results.alarms, expected.alerts)).toEqual(SAME);
  },
  (kills + 20) * PER_KILL_MS,
);

test(
  `killed again and again, with topics between the stages (MILLRACE_CRASH_SEED=${seed})`,
  async () => {
    const points = [...CRASH_POINTS, ...UNFUSED_POINTS];
    const run = await crashRun({ seed, points, kills, keepTopics: true });
    expectEveryKill(run, points, kills);
    const expected = expectExact(run);
    // A topic of the user's may get a batch again after a crash; each record says what it is of.
    expect(difference([...new Set(run.results.seen)], expected.seen)).toEqual(SAME);
    expect(difference([...new Set(run.results.alarms)], expected.alerts)).toEqual(SAME);
  },
  (kills + 20) * PER_KILL_MS,
);

function expectEveryKill({ ends }: CrashRun, points: readonly string[], byChance: number): void {
  expect(
    ends
      .filter(({ end }) => end.crashedAt !== null)
      .map(({ end }) => end.crashedAt)
      .sort(),
  ).toEqual([...points].sort());
  for (const { wanted, end } of ends) {
    const { code, signal, stderr } = end;
    // It may have drained before the kill.
    const isFine = signal === 'SIGKILL' || (wanted === DRAINING && code === 0);
    expect({ isFine, wanted, code, signal, stderr }).toMatchObject({ isFine: true });
  }
  expect(ends.length).toBe(points.length + byChance);
}

function expectExact(run: CrashRun): Expected {
  const { ledger, rows, replayed, results } = run;
  const expected = expectedOf(ledger, rows, replayed);
  const { audit, raw } = results;
  expect(lostOrMade(run)).toEqual([]);
  const { flags } = expected;
  const sum = { sum: raw.length, inFlight: 0, balanced: true };
  expect(audit).toEqual({ ...outcomesOf(raw, ledger, rows), flags, ...sum });
  const { windows, alerts, kept } = results;
  expect(difference(windows.map(windowText), expected.windows.map(windowText))).toEqual(SAME);
  expect(difference(alerts, expected.alerts)).toEqual(SAME);
  expect(difference(kept, expected.kept)).toEqual(SAME);
  const deadLetters = results.deadLetters.filter(({ stage }) => stage !== 'ingest').map(deadLetterText);
  expect(difference(deadLetters, expected.deadLetters)).toEqual(SAME);
  const unread = results.deadLetters.filter(({ stage }) => stage === 'ingest').map(({ id }) => id);
  expect(new Set(unread).size).toBe(unread.length);
  expect(unread.length).toBe(rows.filter(({ refusedBy }) => refusedBy === 'ingest').length);
  return expected;
}

const SAME = { missing: [], extra: [] };

/** Each as often as it is in one and not in the other. */
function difference(found: readonly string[], expected: readonly string[]) {
  const counts = new Map<string, number>();
  for (const text of expected) counts.set(text, (counts.get(text) ?? 0) + 1);
  for (const text of found) counts.set(text, (counts.get(text) ?? 0) - 1);
  const missing = [...counts].filter(([, count]) => count > 0).map(([text, count]) => `${count} × ${text}`);
  const extra = [...counts].filter(([, count]) => count < 0).map(([text, count]) => `${-count} × ${text}`);
  return { missing, extra };
}

/** Acknowledged events that raw doesn't hold, and events that it holds more often than they were sent. */
function lostOrMade({ ledger, ends, results }: CrashRun): string[] {
  const copies = new Map<string, number>();
  for (const { kind, payload } of results.raw) {
    if (kind !== 'replay') copies.set(payload, (copies.get(payload) ?? 0) + 1);
  }
  return [...ledger.entries].flatMap(([text, { attempts, acknowledgedBy }]) => {
    const count = copies.get(text) ?? 0;
    if (count > attempts) return [`sent ${attempts} times, there ${count} times: ${text}`];
    if (acknowledgedBy === 0 || count > 0) return [];
    const life = ends[acknowledgedBy - 1];
    return [
      `acknowledged by life ${acknowledgedBy} (${life?.wanted}, ${life?.end.crashedAt}), gone: ${text}`,
    ];
  });
}

function windowText({ name, group, start, final, values }: CrashRun['results']['windows'][number]): string {
  const { payments, total, largest } = values;
  return `${name} ${group} ${start} ${final ? 'final' : 'open'}: ${payments} ${total} ${largest}`;
}

/** Of a conflict without the digest of its bytes. */
function deadLetterText({ id, code }: CrashRun['results']['deadLetters'][number]): string {
  return `${code} ${code === 'id_conflict' ? id.replace(/\/[0-9a-f]+$/, '') : id}`;
}
