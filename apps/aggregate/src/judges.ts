import { Entries } from '@millrace/lanes/entries';
import type { Alert, WindowResult, WindowView } from '@millrace/lanes/made';
import type { Judgement } from '@millrace/pipeline/detector-kind';
import type { DetectorPlan, Plan, Scope } from '@millrace/pipeline/plan';
import type { Look } from './evaluation.ts';
import type { Cell } from './open-windows.ts';

const BY_CONDITION: Judgement = { anomalous: true, score: null };

/** What a method knows of a group. */
interface Memory {
  /** The method's own. */
  readonly state: unknown;
  /** The latest time that was judged, ms. */
  latestMs: number;
}

/** The states are looked through each time that the watermark has moved on by this part of the shortest memory. */
const SWEEPS_PER_MEMORY = 4;

/** The detectors of a lane with their states, one per (detector, group). */
export class Judges {
  readonly state = new Entries<Memory>();
  readonly #byWindow = new Map<string, DetectorPlan[]>();
  readonly #scope: Scope = {};
  /** By detector with a method: how far behind the watermark a time is that can make no difference any more. */
  readonly #beyond = new Map<string, number>();
  readonly #sweepEveryMs: number;
  #nextSweep = Number.NEGATIVE_INFINITY;

  constructor(plan: Plan) {
    for (const detector of plan.detectors) {
      if (detector.window !== null) {
        const others = this.#byWindow.get(detector.window) ?? [];
        this.#byWindow.set(detector.window, [...others, detector]);
      }
      if (detector.method === null) continue;
      const window = plan.windows.find(({ name }) => name === detector.window);
      // A window gives results until it is forgotten.
      const resultsMs = window === undefined ? 0 : window.latenessMs + plan.time.keepMs;
      this.#beyond.set(detector.name, detector.method.forgetAfterMs + resultsMs);
    }
    this.#sweepEveryMs = Math.min(...this.#beyond.values()) / SWEEPS_PER_MEMORY;
  }

  /**
   * Lets go of what is forgotten. When this happens makes no difference: what still takes room is as if it had never
   * been (docs/semantics.md, "Detectors").
   */
  forget(watermark: number): void {
    if (watermark < this.#nextSweep || this.#beyond.size === 0) return;
    this.#nextSweep = watermark + this.#sweepEveryMs;
    for (const [key, { latestMs }] of this.state.entries()) {
      const beyondMs = this.#beyond.get(key.slice(0, key.indexOf('/')));
      if (beyondMs !== undefined && latestMs + beyondMs <= watermark) this.state.remove(key);
    }
  }

  /** Judges an event; null: nothing to report. The watermark is the lane's after the event. */
  event(look: Look, eventId: string, timeMs: number, watermark: number): Alert | null {
    const { plan, group, value } = look;
    if (group === null) return null;
    const judgement = this.#judge(plan, group, value, timeMs, watermark);
    if (!judgement.anomalous) return null;
    const { score } = judgement;
    return {
      id: `${plan.name}:${eventId}`,
      name: plan.name,
      group,
      severity: plan.severity,
      message: messageOf(plan, group, value, score),
      time: timeMs,
      value,
      score,
      eventId,
      window: null,
    };
  }

  /** Judges a window's result by every detector on that window. */
  result(cell: Cell<unknown>, out: { alert(alert: Alert, of?: WindowView): void }): void {
    const detectors = this.#byWindow.get(cell.name);
    if (detectors === undefined) return;
    const result = cell.result();
    this.#scope.window = { ...result.values, ...result, values: undefined };
    for (const plan of detectors) {
      if (plan.oncePer === 'window' && cell.fired.includes(plan.name)) continue;
      const alert = this.#windowAlert(plan, result);
      if (alert === null) continue;
      if (plan.oncePer === 'window') cell.fired = [...cell.fired, plan.name];
      out.alert(alert, cell);
    }
  }

  #windowAlert(plan: DetectorPlan, result: WindowResult): Alert | null {
    let value: number | null;
    try {
      if (plan.when !== null && !plan.when(this.#scope)) return null;
      value = plan.value === null ? null : plan.value(this.#scope);
    } catch {
      // The result has no value to compare (an average of nothing): there is nothing to judge.
      return null;
    }
    if (plan.method !== null && value === null) return null;
    const { name, group, start, end, revision } = result;
    const { anomalous, score } = this.#judge(plan, group, value, end, end);
    if (!anomalous) return null;
    const id = `${plan.name}:${name}:${group}:${start}`;
    return {
      id: plan.oncePer === 'window' ? id : `${id}:${revision}`,
      name: plan.name,
      group,
      severity: plan.severity,
      message: messageOf(plan, group, value, score),
      time: end,
      value,
      score,
      eventId: null,
      window: { name, start, end, revision },
    };
  }

  #judge(
    { name, method }: DetectorPlan,
    group: string,
    value: number | null,
    timeMs: number,
    nowMs: number,
  ): Judgement {
    if (method === null || value === null) return BY_CONDITION;
    const key = `${name}/${group}`;
    let memory = this.state.get(key);
    if (memory === undefined || memory.latestMs + method.forgetAfterMs <= nowMs) {
      memory = { state: method.create(), latestMs: timeMs };
    }
    const judgement = method.judge(memory.state, value, timeMs);
    if (timeMs > memory.latestMs) memory.latestMs = timeMs;
    this.state.put(key, memory);
    return judgement;
  }
}

function messageOf(plan: DetectorPlan, group: string, value: number | null, score: number | null): string {
  if (plan.message !== null) return plan.message;
  const found = value === null ? '' : `: ${value}`;
  return `${plan.name} in ${group}${found}${score === null ? '' : ` (score ${score.toFixed(2)})`}`;
}
