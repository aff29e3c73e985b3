import { LANE_SEQ_SPAN } from './bounds.ts';
import type { Flow } from './flow.ts';
import type { FusedOptions } from './fused.ts';
import { outcomeOf } from './hops.ts';
import type { AggregateProcessor, LaneStages } from './lane-stages.ts';
import type { WindowResult, WindowView } from './made.ts';
import { laneOf } from './murmur2.ts';
import type { FusedStore } from './ports/fused.ts';
import type { Span, SpanAttributes, Tracer } from './ports/tracer.ts';
import { ATTRIBUTE } from './span-attributes.ts';
import type {
  AggregateOutput,
  FlowOutput,
  MergeInput,
  MergeOutput,
  Processor,
  RouteInput,
  RouteOutput,
} from './stage.ts';
import { NEW_TRACE, type TraceContext } from './trace-context.ts';
import { tracedSinks } from './traced-sinks.ts';
import { WindowLinks } from './window-links.ts';

/**
 * The options of a fused run whose sampled events make spans: one per stage, each a child of the one before, and one
 * for the commit. All of it is around the stages and the store, so that the run itself knows nothing of it.
 */
export function traceFused(options: FusedOptions): FusedOptions {
  const { tracer, plan } = options;
  if (tracer === undefined || !tracer.active) return options;
  const traces = new FusedTraces(tracer, plan.pipeline, plan.lanes);
  return {
    ...options,
    stages: tracedStages(options.stages, traces),
    store: tracedStore(options.store, traces),
  };
}

type Stage = 'validate' | 'enrich' | 'aggregate' | 'route';

class FusedTraces {
  readonly links = new WindowLinks();
  /** The span of the event at hand in aggregate; null: it is not sampled. */
  current: TraceContext | null = null;
  /** Of the alert that is being handed to route. */
  alert: TraceContext | null = null;
  /** What the partial at hand is made of. */
  origins: readonly TraceContext[] = [];
  /** Windows with results that route has not seen, as long as they hold sampled events. */
  readonly #windows = new Map<string, WindowView>();
  readonly #waiting = new Set<WindowView>();
  /** Route's spans since the last commit. */
  readonly #routed: TraceContext[] = [];
  readonly #tracer: Tracer;
  readonly #pipeline: string;
  readonly #lanes: number;

  constructor(tracer: Tracer, pipeline: string, lanes: number) {
    this.#tracer = tracer;
    this.#pipeline = pipeline;
    this.#lanes = lanes;
  }

  /** Takes a sampled event through a stage; `process` answers whether it was handed on. */
  flow(stage: Stage, flow: Flow, process: () => boolean): void {
    const span = this.#start(stage, flow.trace!, this.#aboutFlow(stage, flow));
    flow.trace = span;
    const forwarded = process();
    span.set({ [ATTRIBUTE.outcome]: outcomeOf(flow, stage, forwarded) });
    if (flow.flags.length > 0) span.set({ [ATTRIBUTE.flags]: [...flow.flags] });
    if (flow.kind === 'rejected') {
      span.set({ [ATTRIBUTE.code]: flow.code });
      if (flow.stage === stage) span.fail(`${flow.code}: ${flow.message}`);
    }
    if (stage === 'route') this.#routed.push(span);
    span.end();
  }

  /** What a stage made itself begins a trace that links to its events, or goes on with the event's own. */
  made(attributes: SpanAttributes, links: readonly TraceContext[], parent: TraceContext): TraceContext {
    const span = this.#start('aggregate', parent, attributes, links);
    span.end();
    return span;
  }

  routeMade(trace: TraceContext): TraceContext {
    const span = this.#start('route', trace, { [ATTRIBUTE.outcome]: 'routed' });
    this.#routed.push(span);
    span.end();
    return span;
  }

  /** A window has a new result, for route to see now or before the commit. */
  result(view: WindowView): void {
    if (this.#waiting.has(view) || this.links.of(view).length === 0) return;
    const { name, start, group } = view.result();
    this.#windows.set(`${name}/${start}/${group}`, view);
    this.#waiting.add(view);
  }

  /** Null: no sampled event is in it, or none came since the result before. */
  window({ name, start, group, final }: WindowResult): TraceContext | null {
    if (this.#windows.size === 0) return null;
    const key = `${name}/${start}/${group}`;
    const view = this.#windows.get(key);
    if (view === undefined) return null;
    this.#windows.delete(key);
    this.#waiting.delete(view);
    const links = this.links.take(view, final);
    if (links.length === 0) return null;
    const attributes = {
      [ATTRIBUTE.window]: name,
      [ATTRIBUTE.windowStart]: start,
      [ATTRIBUTE.windowFinal]: final,
    };
    return this.made(attributes, links, NEW_TRACE);
  }

  /** The commit, as each of the records in it sees it. */
  commit(rows: number): readonly Span[] {
    if (this.#routed.length === 0) return [];
    const attributes = {
      [ATTRIBUTE.databaseSystem]: this.#tracer.systems.results,
      [ATTRIBUTE.databaseOperation]: 'write',
      [ATTRIBUTE.pipeline]: this.#pipeline,
      [ATTRIBUTE.rows]: rows,
    };
    return this.#routed
      .splice(0)
      .map((parent) => this.#tracer.start({ name: 'write results', kind: 'client', attributes }, parent));
  }

  sinks(sinks: LaneStages['sinks']): LaneStages['sinks'] {
    return tracedSinks(sinks, this.#tracer, this.#pipeline);
  }

  #aboutFlow(stage: Stage, { id, seq, key }: Flow): SpanAttributes {
    const lane = laneOf(key, this.#lanes);
    const about = { [ATTRIBUTE.eventId]: id, [ATTRIBUTE.lane]: lane };
    if (stage !== 'validate') return about;
    return {
      ...about,
      [ATTRIBUTE.messagingSystem]: this.#tracer.systems.log,
      [ATTRIBUTE.operationType]: 'process',
      [ATTRIBUTE.operationName]: 'process',
      [ATTRIBUTE.topic]: `${this.#pipeline}.raw`,
      [ATTRIBUTE.partition]: String(lane),
      [ATTRIBUTE.offset]: seq % LANE_SEQ_SPAN,
    };
  }

  #start(
    stage: Stage,
    parent: TraceContext,
    attributes: SpanAttributes,
    links: readonly TraceContext[] = [],
  ): Span {
    const kind = stage === 'validate' ? 'consumer' : 'internal';
    const about = { ...attributes, [ATTRIBUTE.pipeline]: this.#pipeline, [ATTRIBUTE.stage]: stage };
    return this.#tracer.start({ name: `${stage} ${this.#pipeline}`, kind, attributes: about, links }, parent);
  }
}

function tracedStages(stages: LaneStages, traces: FusedTraces): LaneStages {
  return {
    validate: (counts) => tracedFlow('validate', stages.validate(counts), traces),
    enrich: () => tracedFlow('enrich', stages.enrich(), traces),
    aggregate: (counts) => tracedAggregate(stages.aggregate(counts), traces),
    merge: () => tracedMerge(stages.merge(), traces),
    route: () => tracedRoute(stages.route(), traces),
    sinks: traces.sinks(stages.sinks),
  };
}

function tracedFlow(
  stage: Stage,
  inner: Processor<Flow, FlowOutput>,
  traces: FusedTraces,
): Processor<Flow, FlowOutput> {
  return {
    ...(inner.prepare !== undefined && { prepare: (records) => inner.prepare!(records) }),
    process(record, out) {
      if (record.trace === null) {
        inner.process(record, out);
        return;
      }
      traces.flow(stage, record, () => {
        let forwarded = false;
        const forward = (flow: Flow): void => {
          forwarded = true;
          out.forward(flow);
        };
        inner.process(record, { forward });
        return forwarded;
      });
    },
  };
}

function tracedAggregate(inner: AggregateProcessor, traces: FusedTraces): AggregateProcessor {
  let forwarded = false;
  let outer: AggregateOutput | null = null;
  /** One object for all records: what is not sampled allocates nothing. */
  const output: AggregateOutput = {
    get everyPartial() {
      return outer!.everyPartial;
    },
    forward(flow) {
      forwarded = true;
      outer!.forward(flow);
    },
    window(view) {
      traces.result(view);
      outer!.window(view);
    },
    alert(alert, of) {
      const { current, links } = traces;
      const events = of === undefined ? (current === null ? [] : [current]) : links.of(of);
      if (events.length > 0) {
        const parent = of === undefined ? current! : NEW_TRACE;
        traces.alert = traces.made({ [ATTRIBUTE.alert]: alert.name }, events, parent);
      }
      outer!.alert(alert, of);
      traces.alert = null;
    },
    partial(to, record, of) {
      traces.origins = of === undefined ? [] : traces.links.take(of, false);
      outer!.partial(to, record, of);
    },
    folded: (view) => traces.links.note(view, traces.current!),
  };
  return {
    time: inner.time,
    openWindows: () => inner.openWindows(),
    ...(inner.state !== undefined && { state: inner.state }),
    sendPartials(out) {
      outer = out;
      inner.sendPartials(output);
    },
    process(record, out) {
      outer = out;
      if (record.trace === null) {
        inner.process(record, output);
        return;
      }
      traces.flow('aggregate', record, () => {
        traces.current = record.trace;
        forwarded = false;
        inner.process(record, output);
        traces.current = null;
        return forwarded;
      });
    },
  };
}

function tracedMerge(
  inner: Processor<MergeInput, MergeOutput>,
  traces: FusedTraces,
): Processor<MergeInput, MergeOutput> {
  let outer: MergeOutput | null = null;
  const output: MergeOutput = {
    window(view) {
      traces.result(view);
      outer!.window(view);
    },
    alert(alert, of) {
      const events = of === undefined ? [] : traces.links.of(of);
      if (events.length > 0) traces.alert = traces.made({ [ATTRIBUTE.alert]: alert.name }, events, NEW_TRACE);
      outer!.alert(alert, of);
      traces.alert = null;
    },
    lateMerge: (late) => outer!.lateMerge(late),
    folded(view) {
      for (const origin of traces.origins) traces.links.note(view, origin);
    },
  };
  return {
    ...(inner.state !== undefined && { state: inner.state }),
    process(input, out) {
      outer = out;
      inner.process(input, output);
    },
  };
}

function tracedRoute(
  inner: Processor<RouteInput, RouteOutput>,
  traces: FusedTraces,
): Processor<RouteInput, RouteOutput> {
  return {
    process(input, out) {
      if (input.topic === 'aggregated') {
        const { flow } = input;
        if (flow.trace === null) inner.process(input, out);
        else {
          traces.flow('route', flow, () => {
            inner.process(input, out);
            return true;
          });
        }
        return;
      }
      const made = input.topic === 'windows' ? traces.window(input.result) : traces.alert;
      if (made === null || input.topic === 'late_merge') inner.process(input, out);
      else inner.process({ ...input, trace: traces.routeMade(made) }, out);
    },
  };
}

function tracedStore(store: FusedStore, traces: FusedTraces): FusedStore {
  return {
    load: () => store.load(),
    grown: (topic, timeoutMs) => store.grown(topic, timeoutMs),
    async commit(transaction) {
      const spans = traces.commit(transaction.rows.length);
      try {
        await store.commit(transaction);
      } finally {
        for (const span of spans) span.end();
      }
    },
  };
}
