import type { MadeId } from '../accept.ts';
import { LANE_SEQ_SPAN } from '../bounds.ts';
import { deliverAll } from '../delivery.ts';
import { isEvent } from '../flow.ts';
import type { Hops } from '../hops.ts';
import type { LaneUnit } from '../lane-unit.ts';
import type { LaneLife } from '../lane-worker.ts';
import type { LogRecord } from '../ports/log.ts';
import { loadPosition, savePosition } from '../small-position.ts';
import { ATTRIBUTE } from '../span-attributes.ts';
import type { Delivery, RouteInput, RouteOutput } from '../stage.ts';
import type { TraceContext } from '../trace-context.ts';
import { tracedSinks } from '../traced-sinks.ts';
import type { WorkerOptions } from '../worker-options.ts';
import { FlowIntake } from './flow-intake.ts';
import { MadeIntake } from './made-intake.ts';
import { RowWriter } from './row-writer.ts';

export type RouteTopic = 'aggregated' | 'windows' | 'alerts';

interface Small {
  readonly flow: number | null;
  readonly made: readonly (readonly [number, MadeId])[];
}

/** route, one lane of one of its three topics: rows, the users' topics and the sinks before the commit. */
export async function openRouteUnit(
  options: WorkerOptions,
  reads: RouteTopic,
  lane: number,
  life: LaneLife,
): Promise<LaneUnit> {
  const { plan, clock, stages, measures, generation } = options;
  const { hops } = life;
  const group = `${plan.pipeline}.route.${reads}`;
  const topic = `${plan.pipeline}.${reads}`;
  const { offset, small } = await loadPosition<Small>(options, group, topic, lane);
  const flows =
    reads === 'aggregated'
      ? new FlowIntake(
          options,
          { hops, group, isOver: life.isOver },
          'route',
          reads,
          lane,
          small?.flow ?? null,
        )
      : null;
  const made =
    reads === 'aggregated'
      ? null
      : new MadeIntake(
          options,
          { hops, group, isOver: life.isOver },
          'route',
          reads,
          lane,
          small?.made ?? [],
        );
  const rows = new RowWriter(options, life, reads, lane);
  const processor = stages.route();
  const sinks = tracedSinks(stages.sinks, hops.tracer, plan.pipeline);
  const pending = new Map<string, Delivery[]>();
  let timestampMs = 0;
  const output: RouteOutput = {
    store: rows.store,
    append: (to, toLane, record) => life.outbox.add(to, toLane, { ...record, timestampMs }),
    deliver(sink, delivery) {
      const waiting = pending.get(sink);
      if (waiting === undefined) pending.set(sink, [delivery]);
      else waiting.push(delivery);
    },
  };

  async function inputs(records: readonly LogRecord[], base: number): Promise<RouteInput[]> {
    const first = generation * LANE_SEQ_SPAN;
    const news: RouteInput[] = [];
    if (flows !== null) {
      for (const flow of await flows.read(records, base, rows.foreign)) {
        if (isEvent(flow)) news.push({ topic: 'aggregated', seq: flow.seq, flow });
      }
    }
    await made?.read(records, base, rows.foreign, ({ content }, at, trace) => {
      if (content.kind === 'window')
        news.push({ topic: 'windows', seq: first + at, result: content.result, trace });
      else if (content.kind === 'alert')
        news.push({ topic: 'alerts', seq: first + at, alert: content.alert, trace });
      else throw new Error(`a ${content.kind} on ${topic}`);
    });
    return news;
  }

  return {
    from: offset,
    topic,
    async take(records, base) {
      timestampMs = records.at(-1)?.timestampMs ?? 0;
      const news = await inputs(records, base);
      for (const input of news) {
        hops.current = traceOfInput(input);
        processor.process(input, output);
        if (hops.current !== null) settle(hops, hops.current, input);
      }
      hops.current = null;
      const batch = { deliveries: () => pending, store: rows.store };
      await deliverAll({ plan, sinks, clock, measures, isOver: life.isOver }, batch);
      pending.clear();
      await rows.write();
      const now = clock.now();
      measures.stages.route.add(now, news.length);
      for (const record of records) measures.stages.route.latency(now, now - record.timestampMs);
    },
    commit: (next) =>
      savePosition<Small>(options, group, topic, lane, next, {
        flow: flows?.last ?? null,
        made: made?.saved() ?? [],
      }),
  };
}

function traceOfInput(input: RouteInput): TraceContext | null {
  if (input.topic === 'aggregated') return input.flow.trace;
  return input.topic === 'late_merge' ? null : (input.trace ?? null);
}

function settle(hops: Hops, trace: TraceContext, input: RouteInput): void {
  if (input.topic === 'aggregated') hops.settle(input.flow, true);
  else hops.settleMade(trace, { [ATTRIBUTE.outcome]: 'routed' });
}
