import { createMerge } from '@millrace/aggregate/merge';
import { createAggregate } from '@millrace/aggregate/stage';
import { createEnrich } from '@millrace/enrich/stage';
import type { Table } from '@millrace/enrich/table';
import type { LaneStages } from '@millrace/lanes/lane-stages';
import type { Sink } from '@millrace/lanes/stage';
import type { Plan } from '@millrace/pipeline/plan';
import type { SinkKind } from '@millrace/route/sink';
import { createRoute } from '@millrace/route/stage';
import { createValidate } from '@millrace/validate/stage';

export interface StageParts {
  readonly tables: ReadonlyMap<string, Table>;
  readonly sinkKinds: Readonly<Record<string, SinkKind>>;
  readonly sinks: ReadonlyMap<string, Sink>;
}

/** The stages of the apps as the kernel runs them. */
export function createLaneStages(plan: Plan, { tables, sinkKinds, sinks }: StageParts): LaneStages {
  return {
    validate: (counts) => createValidate(plan, counts),
    enrich: () => createEnrich(plan, tables),
    aggregate: (counts) => createAggregate(plan, counts),
    merge: () => createMerge(plan),
    route: () => createRoute(plan, sinkKinds),
    sinks,
  };
}
