import type { Delivery, RouteOutput, Sink } from '@millrace/lanes/stage';
import type { Kind } from '@millrace/pipeline/catalogue';
import type { Plan, RoutePlan, SinkPlan } from '@millrace/pipeline/plan';

/** A kind of sink: one file in `sinks/`, one line in `sinks.ts`. */
export type SinkKind = InnerSinkKind | OuterSinkKind;

/** Its values are part of the commit that moves the position past their cause: exactly once. */
export interface InnerSinkKind extends Kind {
  readonly reach: 'inner';
  connect(plan: Plan, route: RoutePlan, sink: SinkPlan): HandOver;
}

export type HandOver = (delivery: Delivery, out: RouteOutput) => void;

/** Its values leave Millrace before the commit: at least once, with the delivery's id to tell repeats. */
export interface OuterSinkKind extends Kind {
  readonly reach: 'outer';
  open(sink: SinkPlan, surroundings: Surroundings): Promise<Sink>;
}

/** What a sink may use of the process that it runs in. */
export interface Surroundings {
  readonly stdout: { write(text: string): unknown; readonly isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
}
