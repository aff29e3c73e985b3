import type { Fields, OracleDetector } from './plan.ts';
import type { OracleResult } from './windows.ts';

export interface OracleAlert {
  readonly seq: number;
  readonly id: string;
  readonly name: string;
  readonly group: string;
  readonly severity: string;
  readonly time: number;
  readonly value: number | null;
  readonly score: number | null;
  readonly eventId: string | null;
  readonly window: {
    readonly name: string;
    readonly start: number;
    readonly end: number;
    readonly revision: number;
  } | null;
}

/** docs/semantics.md, "Detectors": keeps one state per (detector, group), in the order in which it is asked. */
export interface Judges {
  /** `watermark`: of the lane, after the event. */
  event(seq: number, id: string, key: string, time: number, event: Fields, watermark: number): OracleAlert[];
  result(result: OracleResult): OracleAlert[];
}

export function createJudges(detectors: readonly OracleDetector[]): Judges {
  const memories = new Map<string, { readonly state: unknown; latest: number }>();
  const alerted = new Set<string>();

  /** Null: no alert. */
  function judge(detector: OracleDetector, group: string, time: number, subject: Fields, now: number) {
    if (detector.when !== undefined && !detector.when(subject)) return null;
    const value = detector.value?.(subject) ?? null;
    if (detector.method === undefined) return { value, score: null };
    if (value === null) return null;
    const key = JSON.stringify([detector.name, group]);
    const known = memories.get(key);
    const forgotten = known === undefined || now - known.latest >= detector.method.forgetAfterMs;
    const memory = forgotten ? { state: detector.method.create(), latest: time } : known;
    memories.set(key, memory);
    const { anomalous, score } = detector.method.judge(memory.state, value, time);
    memory.latest = Math.max(memory.latest, time);
    return anomalous ? { value, score } : null;
  }

  return {
    event: (seq, id, key, time, event, watermark) =>
      detectors.flatMap((detector) => {
        if (detector.window !== null) return [];
        const group = detector.by === undefined ? key : detector.by(event);
        if (group === null) return [];
        const found = judge(detector, group, time, event, watermark);
        if (found === null) return [];
        const { name, severity } = detector;
        return [
          { seq, id: `${name}:${id}`, name, group, severity, time, ...found, eventId: id, window: null },
        ];
      }),
    result: (result) =>
      detectors.flatMap((detector) => {
        if (detector.window !== result.name) return [];
        const { seq, group, start, end, revision, final, values } = result;
        const subject = { ...values, group, start, end, revision, final };
        const found = judge(detector, group, end, subject, end);
        if (found === null) return [];
        const { name, severity } = detector;
        const cause = `${name}:${result.name}:${group}:${start}`;
        if (detector.oncePerWindow && alerted.has(cause)) return [];
        alerted.add(cause);
        const id = detector.oncePerWindow ? cause : `${cause}:${revision}`;
        const window = { name: result.name, start, end, revision };
        return [{ seq, id, name, group, severity, time: end, ...found, eventId: null, window }];
      }),
  };
}
