import { GROUP_BYTES_MAX } from '@millrace/lanes/bounds';
import type { Flow } from '@millrace/lanes/flow';
import type { DetectorPlan, Plan, Scope, WindowPlan } from '@millrace/pipeline/plan';

/** What one window makes of an event. Reused from event to event. */
export interface Share {
  readonly plan: WindowPlan;
  /** Null: the event does not belong to the window. */
  group: string | null;
  /** By computed value; undefined where the aggregate takes none. */
  readonly values: unknown[];
}

/** What one detector on events makes of an event. Reused from event to event. */
export interface Look {
  readonly plan: DetectorPlan;
  /** Null: nothing to judge. */
  group: string | null;
  value: number | null;
}

/**
 * Evaluates every expression of aggregate on an event before anything changes, so that an event on which one
 * fails is rejected whole.
 */
export class Evaluation {
  readonly shares: readonly Share[];
  readonly looks: readonly Look[];
  readonly #scope: Scope = {};

  constructor(plan: Plan) {
    this.shares = plan.windows.map((window) => ({
      plan: window,
      group: null,
      values: window.compute.map(() => undefined),
    }));
    this.looks = plan.detectors
      .filter((detector) => detector.window === null)
      .map((detector) => ({ plan: detector, group: null, value: null }));
  }

  /** Throws what the expression threw. */
  evaluate(record: Flow): void {
    const scope = this.#scope;
    scope.event = record.event ?? {};
    for (const share of this.shares) {
      const { plan, values } = share;
      share.group = plan.when === null || plan.when(scope) ? plan.by(scope) : null;
      if (share.group === null) continue;
      checkGroup(plan.name, share.group);
      for (let i = 0; i < values.length; i++) values[i] = plan.compute[i]?.value?.(scope);
    }
    for (const look of this.looks) {
      const { plan } = look;
      look.group = null;
      if (plan.when !== null && !plan.when(scope)) continue;
      look.value = plan.value === null ? null : plan.value(scope);
      if (plan.method !== null && look.value === null) continue;
      look.group = plan.by === null ? record.key : plan.by(scope);
      if (look.group !== null) checkGroup(plan.name, look.group);
    }
  }
}

function checkGroup(name: string, group: string): void {
  // A UTF-16 unit takes at most three bytes: the exact count is needed only beyond a third.
  if (group.length * 3 <= GROUP_BYTES_MAX || Buffer.byteLength(group) <= GROUP_BYTES_MAX) return;
  throw new Error(`the group of ${name} is longer than ${GROUP_BYTES_MAX} bytes; group by what is shorter`);
}
