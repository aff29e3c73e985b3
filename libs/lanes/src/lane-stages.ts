import type { Counts } from './audit.ts';
import type { Flow } from './flow.ts';
import type {
  AggregateOutput,
  FlowOutput,
  MergeInput,
  MergeOutput,
  Processor,
  RouteInput,
  RouteOutput,
  Sink,
} from './stage.ts';

/**
 * The stages of a pipeline as the kernel runs them: a new processor per lane and take-over. Whoever composes a
 * process passes them in; the kernel knows only their contract.
 */
export interface LaneStages {
  validate(counts: Counts): Processor<Flow, FlowOutput>;
  enrich(): Processor<Flow, FlowOutput>;
  aggregate(counts: Counts): AggregateProcessor;
  merge(): Processor<MergeInput, MergeOutput>;
  route(): Processor<RouteInput, RouteOutput>;
  /** Sinks outside, by `SinkPlan.name`; shared by all lanes. */
  readonly sinks: ReadonlyMap<string, Sink>;
}

export interface AggregateProcessor extends Processor<Flow, AggregateOutput>, AggregateView {
  /** Sends the partials of open windows that have changed since they were last sent. */
  sendPartials(out: AggregateOutput): void;
}

/** What aggregate lets people see of a lane. */
export interface AggregateView {
  readonly time: {
    readonly watermark: number;
    parts(): readonly {
      readonly source: string;
      readonly state: string;
      readonly time: number;
      readonly position: number;
    }[];
  };
  openWindows(): number;
}
