import { type Flow, isEvent } from './flow.ts';
import type { Span, SpanAttributes, SpanStart, Tracer } from './ports/tracer.ts';
import { ATTRIBUTE } from './span-attributes.ts';
import type { TraceContext } from './trace-context.ts';

export interface HopsOptions {
  readonly tracer: Tracer;
  readonly pipeline: string;
  readonly stage: string;
  readonly lane: number;
}

/** Where a lane reads. */
export interface HopPlace {
  readonly topic: string;
  /** Null: fused, where nobody reads in groups. */
  readonly group: string | null;
}

/**
 * The spans of one lane of a stage, batch by batch: one for each sampled record, a child of the hop before, from when
 * it is read until what it caused is saved. Nothing here is touched for records that are not sampled.
 */
export class Hops {
  /** The span of the record at hand; null: it is not sampled. */
  current: TraceContext | null = null;
  readonly tracer: Tracer;
  readonly #options: HopsOptions;
  readonly #open = new Map<TraceContext, Span>();

  constructor(options: HopsOptions) {
    this.tracer = options.tracer;
    this.#options = options;
  }

  /** A sampled record was read. @returns what it goes on with: what it causes is a child of that. */
  read(trace: TraceContext, { topic, group }: HopPlace, offset: number): TraceContext {
    const attributes: Record<string, string | number> = {
      ...this.#place('process', topic, this.#options.lane),
      [ATTRIBUTE.offset]: offset,
    };
    if (group !== null) attributes[ATTRIBUTE.group] = group;
    return this.open({ name: `process ${topic}`, kind: 'consumer', attributes }, trace);
  }

  /** The stage made a record of its own for `lane` of a topic. */
  made(
    topic: string,
    lane: number,
    attributes: SpanAttributes,
    links: readonly TraceContext[],
    parent: TraceContext,
  ): TraceContext {
    const all = { ...this.#place('send', topic, lane), ...attributes };
    return this.open({ name: `send ${topic}`, kind: 'producer', attributes: all, links }, parent);
  }

  /** Ended with the batch. */
  open(span: SpanStart, parent: TraceContext): TraceContext {
    if (!this.tracer.active) return parent;
    const opened = this.tracer.start(span, parent);
    this.#open.set(opened, opened);
    return opened;
  }

  /** The stage has processed the record at hand. */
  settle(flow: Flow, forwarded: boolean): void {
    const span = flow.trace === null ? undefined : this.#open.get(flow.trace);
    if (span === undefined) return;
    const { stage } = this.#options;
    const outcome = outcomeOf(flow, stage, forwarded);
    span.set({ [ATTRIBUTE.outcome]: outcome, [ATTRIBUTE.eventId]: flow.id });
    if (flow.flags.length > 0) span.set({ [ATTRIBUTE.flags]: [...flow.flags] });
    if (flow.kind !== 'rejected') return;
    span.set({ [ATTRIBUTE.code]: flow.code });
    if (flow.stage === stage) span.fail(`${flow.code}: ${flow.message}`);
  }

  /** The same for what is no event. */
  settleMade(trace: TraceContext, attributes: SpanAttributes): void {
    this.#open.get(trace)?.set(attributes);
  }

  /** All that the batch caused is saved. */
  end(): void {
    this.current = null;
    if (this.#open.size === 0) return;
    for (const span of this.#open.values()) span.end();
    this.#open.clear();
  }

  /** The batch is to be tried again, which makes spans of its own. */
  fail(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    for (const span of this.#open.values()) {
      span.set({ [ATTRIBUTE.outcome]: 'tried_again' });
      span.fail(message);
    }
    this.end();
  }

  /** Some span of the batch, for log lines about all of it. */
  any(): TraceContext | null {
    return this.#open.keys().next().value ?? null;
  }

  #place(operation: 'process' | 'send', topic: string, lane: number): Record<string, string | number> {
    const { pipeline, stage, tracer } = this.#options;
    return {
      [ATTRIBUTE.messagingSystem]: tracer.systems.log,
      [ATTRIBUTE.operationType]: operation,
      [ATTRIBUTE.operationName]: operation,
      [ATTRIBUTE.topic]: topic,
      [ATTRIBUTE.partition]: String(lane),
      [ATTRIBUTE.pipeline]: pipeline,
      [ATTRIBUTE.stage]: stage,
      [ATTRIBUTE.lane]: lane,
    };
  }
}

/** What became of an event in a stage: docs/tracing.md lists them. */
export function outcomeOf(flow: Flow, stage: string, forwarded: boolean): string {
  const aggregates = stage === 'aggregate';
  if (!forwarded) return aggregates ? 'duplicate' : 'dropped';
  if (flow.kind === 'rejected') return aggregates || flow.stage === stage ? 'rejected' : 'passed_on';
  if (flow.kind === 'replay' || !isEvent(flow)) return aggregates ? 'processed' : 'passed_on';
  if (aggregates) return flow.late ? 'late' : 'processed';
  return stage === 'route' ? 'routed' : 'forwarded';
}
