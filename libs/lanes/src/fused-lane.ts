import type { Plan } from '@millrace/pipeline/plan';
import { type Counts, copyCounts, zeroCounts } from './audit.ts';
import { type Flow, isEvent } from './flow.ts';
import type { AggregateProcessor, AggregateView, LaneStages } from './lane-stages.ts';
import type { Alert, LateMerge, Mark, Partial, WindowView } from './made.ts';
import type { Measures } from './measures.ts';
import type { SavedState } from './ports/state.ts';
import type { AggregateOutput, FlowOutput, MergeInput, MergeOutput, Processor, RouteInput } from './stage.ts';

/** What one record of raw, or one partial, gives route to do. */
export interface FusedEffects {
  /** Hands a record to route; `lane` is the lane whose input caused it. */
  route(input: RouteInput): void;
  /** A window has a new result. */
  window(seq: number, view: WindowView): void;
  /** Hands a partial or mark to the merge of partition `to`. */
  partial(from: number, to: number, record: Partial | Mark): void;
}

interface LaneHead {
  readonly plan: string;
  readonly offset: number;
  readonly counts: Counts;
}

export interface Settled {
  readonly offset: number;
  readonly counts: Readonly<Counts>;
}

/** One lane of a fused run: the stages from validate to aggregate over one lane of raw, in one object. */
export class FusedLane {
  readonly lane: number;
  /** The next offset of raw to read. */
  offset = 0;
  readonly counts: Counts;
  /** What the last durable commit holds: people must not be told of more. */
  settled: Settled;
  readonly view: AggregateView;
  readonly #plan: Plan;
  readonly #validate: Processor<Flow, FlowOutput>;
  readonly #enrich: Processor<Flow, FlowOutput>;
  readonly #aggregate: AggregateProcessor;
  readonly #effects: FusedEffects;
  readonly #measures: Measures;
  readonly #validated: Flow[] = [];
  readonly #enriched: Flow[] = [];
  #seq = 0;

  constructor(plan: Plan, lane: number, stages: LaneStages, effects: FusedEffects, measures: Measures) {
    this.#plan = plan;
    this.lane = lane;
    this.counts = zeroCounts();
    this.settled = { offset: 0, counts: zeroCounts() };
    this.#validate = stages.validate(this.counts);
    this.#enrich = stages.enrich();
    this.#aggregate = stages.aggregate(this.counts);
    this.view = this.#aggregate;
    this.#effects = effects;
    this.#measures = measures;
  }

  get state() {
    return this.#aggregate.state;
  }

  /** What becomes settled when the commit that is being made is durable. */
  unsettled(): Settled {
    const counts = zeroCounts();
    copyCounts(counts, this.counts);
    return { offset: this.offset, counts };
  }

  head(): string {
    const head: LaneHead = { plan: this.#plan.hash, offset: this.offset, counts: this.counts };
    return JSON.stringify(head);
  }

  /** @returns the hash of the plan that wrote it. */
  restore(saved: SavedState): string {
    const head = JSON.parse(saved.head) as LaneHead;
    this.offset = head.offset;
    copyCounts(this.counts, head.counts);
    this.settled = this.unsettled();
    for (const [key, value] of saved.entries) this.#aggregate.state?.restore(key, value);
    return head.plan;
  }

  /** Takes the lane's next records of raw through the stages. */
  async process(records: readonly Flow[], nowMs: number): Promise<void> {
    const { validate, enrich, aggregate } = this.#measures.stages;
    const validated = this.#validated;
    const enriched = this.#enriched;
    const before = this.counts.events;
    const droppedBefore = this.counts.dropped;
    for (const record of records) {
      if (isEvent(record)) this.counts.events++;
      this.#validate.process(record, this.#toEnrich);
    }
    const events = this.counts.events - before;
    const kept = events - (this.counts.dropped - droppedBefore);
    validate.add(nowMs, events);
    await this.#enrich.prepare?.(validated);
    for (const record of validated) this.#enrich.process(record, this.#toAggregate);
    enrich.add(nowMs, kept);
    for (const record of enriched) {
      this.#seq = record.seq;
      this.#aggregate.process(record, this.#toRoute);
    }
    aggregate.add(nowMs, kept);
    validated.length = 0;
    enriched.length = 0;
    this.offset += records.length;
  }

  /** To be called before a commit: what the merges have not been told of open windows. */
  sendPartials(): void {
    this.#aggregate.sendPartials(this.#toRoute);
  }

  readonly #toEnrich: FlowOutput = { forward: (record) => this.#validated.push(record) };
  readonly #toAggregate: FlowOutput = { forward: (record) => this.#enriched.push(record) };
  readonly #toRoute: AggregateOutput = {
    forward: (flow) => {
      if (isEvent(flow)) this.#effects.route({ topic: 'aggregated', seq: this.#seq, flow });
    },
    window: (view) => this.#effects.window(this.#seq, view),
    alert: (alert: Alert) => this.#effects.route({ topic: 'alerts', seq: this.#seq, alert }),
    partial: (to, record) => this.#effects.partial(this.lane, to, record),
    everyPartial: false,
  };
}

interface MergeHead {
  readonly plan: string;
  /** Counts what it has read: the seq of what it causes. */
  readonly read: number;
}

/** The merge of one partition of groups in a fused run. */
export class FusedMerge {
  #read = 0;
  readonly #plan: Plan;
  readonly #merge: Processor<MergeInput, MergeOutput>;
  readonly #output: MergeOutput;

  constructor(plan: Plan, stages: LaneStages, effects: Pick<FusedEffects, 'route' | 'window'>) {
    this.#plan = plan;
    this.#merge = stages.merge();
    this.#output = {
      window: (view) => effects.window(this.#read, view),
      alert: (alert: Alert) => effects.route({ topic: 'alerts', seq: this.#read, alert }),
      lateMerge: (late: LateMerge) => effects.route({ topic: 'late_merge', seq: this.#read, late }),
    };
  }

  get state() {
    return this.#merge.state;
  }

  process(lane: number, record: Partial | Mark): void {
    this.#merge.process({ seq: this.#read, lane, record }, this.#output);
    this.#read++;
  }

  head(): string {
    const head: MergeHead = { plan: this.#plan.hash, read: this.#read };
    return JSON.stringify(head);
  }

  restore(saved: SavedState): string {
    const head = JSON.parse(saved.head) as MergeHead;
    this.#read = head.read;
    for (const [key, value] of saved.entries) this.#merge.state?.restore(key, value);
    return head.plan;
  }
}
