import type { OraclePlan } from './plan.ts';
import type { LaneRecord } from './record.ts';

/**
 * docs/semantics.md, "Acceptance in aggregate". `control`: a tick or `opened`, which is no event; `passed`: a replay
 * for a stage behind aggregate.
 */
export type Acceptance =
  | 'repeat'
  | 'position_duplicate'
  | 'id_duplicate'
  | 'id_conflict'
  /** A replay of what counts already. */
  | 'answered'
  | 'rejected'
  | 'live'
  | 'passed'
  | 'control';

/** More refused events than this are not remembered: the older half is forgotten. */
const REFUSED_MAX = 100_000;

/** An ingest time as far as this before the latest shows that a clock had been ahead. */
const MISTAKE_MS = 60_000;

/** Takes a lane's records in, one after the other. */
export interface Acceptor {
  accept(record: LaneRecord): Acceptance;
  /** The record that was accepted last has been rejected, or is late. */
  refused(record: LaneRecord): void;
}

export function createAcceptor(plan: OraclePlan): Acceptor {
  let first: number | null = null;
  let last = -1;
  let time = Number.NEGATIVE_INFINITY;
  const positions = new Map<number, number>();
  const ids = new Map<string, { digest: number; time: number }>();
  const http = new Set(plan.sources.filter((source) => source.kind === 'http').map((source) => source.name));
  let waiting: number[] = [];

  /** Rule 3. */
  function isAnswered({ kind, stage, replays }: LaneRecord): boolean {
    if (kind === 'replay' && stage !== 'aggregate') return false;
    if (replays === null || replays < first!) return false;
    if (!waiting.includes(replays)) return true;
    waiting = waiting.filter((seq) => seq !== replays);
    return false;
  }

  return {
    accept(record) {
      if (record.seq <= last) return 'repeat';
      last = record.seq;
      first ??= record.seq;
      if (time - record.ingestTime >= MISTAKE_MS) {
        // What was forgotten meanwhile stays so.
        for (const [key, seen] of ids) if (time - seen.time > plan.dedupeMs) ids.delete(key);
        time = record.ingestTime;
        for (const seen of ids.values()) seen.time = Math.min(seen.time, time);
      }
      time = Math.max(time, record.ingestTime);
      if (record.kind === 'tick' || record.kind === 'opened') return 'control';

      if (record.position !== null) {
        if (record.position <= (positions.get(record.part) ?? -1)) return 'position_duplicate';
        positions.set(record.part, record.position);
      }
      if (record.attempt > 0 && isAnswered(record)) return 'answered';
      if (plan.checksIds || http.has(record.source) || record.attempt > 0) {
        const key = JSON.stringify([record.id, record.attempt]);
        const seen = ids.get(key);
        if (seen !== undefined && time - seen.time <= plan.dedupeMs) {
          return seen.digest === record.digest ? 'id_duplicate' : 'id_conflict';
        }
        ids.set(key, { digest: record.digest, time });
      }
      if (record.kind === 'rejected') return 'rejected';
      if (record.kind === 'replay' && record.stage !== 'aggregate') return 'passed';
      return record.event === null || plan.failsOn(record.event) ? 'rejected' : 'live';
    },
    refused({ seq }) {
      waiting.push(seq);
      if (waiting.length <= REFUSED_MAX) return;
      const forgotten = waiting.splice(0, REFUSED_MAX / 2 + 1);
      first = forgotten.at(-1)! + 1;
    },
  };
}

/** Of every record but replays, which depend on what became of others. */
export function acceptAll(plan: OraclePlan, records: readonly LaneRecord[]): Acceptance[] {
  const acceptor = createAcceptor(plan);
  return records.map((record) => acceptor.accept(record));
}
