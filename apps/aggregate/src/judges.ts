import { Entries } from '@millrace/lanes/entries';
import type { Alert, WindowResult } from '@millrace/lanes/made';
import type { Judgement } from '@millrace/pipeline/detector-kind';
import type { DetectorPlan, Plan, Scope } from '@millrace/pipeline/plan';
import type { Look } from './evaluation.ts';
import type { Cell } from './open-windows.ts';

const BY_CONDITION: Judgement = { anomalous: true, score: null };

/** The detectors of a lane with their states, one per (detector, group). */
export class Judges {
  readonly state = new Entries<unknown>();
  readonly #byWindow = new Map<string, DetectorPlan[]>();
  readonly #scope: Scope = {};

  constructor(plan: Plan) {
    for (const detector of plan.detectors) {
      if (detector.window === null) continue;
      const others = this.#byWindow.get(detector.window) ?? [];
      this.#byWindow.set(detector.window, [...others, detector]);
    }
  }

  /** Judges an event; null: nothing to report. */
  event(look: Look, eventId: string, timeMs: number): Alert | null {
    const { plan, group, value } = look;
    if (group === null) return null;
    const judgement = this.#judge(plan, group, value, timeMs);
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
  result(cell: Cell<unknown>, out: { alert(alert: Alert): void }): void {
    const detectors = this.#byWindow.get(cell.name);
    if (detectors === undefined) return;
    const result = cell.result();
    this.#scope.window = { ...result.values, ...result, values: undefined };
    for (const plan of detectors) {
      if (plan.oncePer === 'window' && cell.fired.includes(plan.name)) continue;
      const alert = this.#windowAlert(plan, result);
      if (alert === null) continue;
      if (plan.oncePer === 'window') cell.fired = [...cell.fired, plan.name];
      out.alert(alert);
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
    const { anomalous, score } = this.#judge(plan, group, value, end);
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

  #judge(plan: DetectorPlan, group: string, value: number | null, timeMs: number): Judgement {
    if (plan.method === null || value === null) return BY_CONDITION;
    const key = `${plan.name}/${group}`;
    const state = this.state.get(key) ?? plan.method.create();
    const judgement = plan.method.judge(state, value, timeMs);
    this.state.put(key, state);
    return judgement;
  }
}

function messageOf(plan: DetectorPlan, group: string, value: number | null, score: number | null): string {
  if (plan.message !== null) return plan.message;
  const found = value === null ? '' : `: ${value}`;
  return `${plan.name} in ${group}${found}${score === null ? '' : ` (score ${score.toFixed(2)})`}`;
}
