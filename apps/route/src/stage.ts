import {
  lateDeadLetter,
  lateMergeDeadLetter,
  readDelivery,
  rejectedDeadLetter,
  SINK_STAGE,
  sinkDeadLetter,
} from '@millrace/lanes/dead-letter';
import { jsonData } from '@millrace/lanes/event-json';
import { type Flow, reject } from '@millrace/lanes/flow';
import type { Alert, WindowResult } from '@millrace/lanes/made';
import type { Delivery, Processor, RouteInput, RouteOutput } from '@millrace/lanes/stage';
import { ExpressionError } from '@millrace/pipeline/expression-error';
import type { Plan, RoutePlan, Scope } from '@millrace/pipeline/plan';
import type { HandOver, SinkKind } from './sink.ts';

/**
 * aggregated, windows, alerts → stores, topics, sinks, dead letters. Windows and alerts are always stored; every
 * route whose condition holds applies. The only stage that writes dead letters of events.
 */
export function createRoute(
  plan: Plan,
  kinds: Readonly<Record<string, SinkKind>>,
): Processor<RouteInput, RouteOutput> {
  const { pipeline } = plan;
  const routes = plan.routes.map((route) => connectRoute(plan, route, kinds));
  const handOvers = new Map(routes.flatMap((route) => route.sinks.map((sink) => [sink.name, sink.handOver])));
  const eventRoutes = routes.filter(({ from }) => from.topic === 'events');
  const alertRoutes = routes.filter(({ from }) => from.topic === 'alerts');
  const windowRoutes = Map.groupBy(
    routes.filter(({ from }) => from.topic === 'windows'),
    ({ from }) => (from.topic === 'windows' ? from.window : ''),
  );

  function routeFlow(flow: Flow, seq: number, out: RouteOutput): void {
    if (flow.kind === 'replay') replay(flow, seq, out);
    if (flow.kind === 'rejected') out.store(rejectedDeadLetter(pipeline, flow, seq));
    if (flow.kind !== 'event') return;
    if (flow.late) out.store(lateDeadLetter(pipeline, flow, seq));
    if (eventRoutes.length === 0) return;
    if (flow.event === null)
      throw new Error(`event ${flow.id} (seq ${seq}) came to route without its fields`);
    const { event } = flow;
    apply(pipeline, eventRoutes, { event }, () => eventDelivery(flow, seq), out);
  }

  /** To the sink that it is for, whatever the route's condition says: a person has decided. */
  function replay(flow: Flow, seq: number, out: RouteOutput): void {
    // A correction of windows, done by now.
    if (flow.stage === 'aggregate') return;
    const { stage } = flow;
    if (!stage.startsWith(SINK_STAGE)) {
      reject(flow, stage, 'bad_replay', `there is no stage ${stage} that could take it`);
      return;
    }
    const handOver = handOvers.get(stage.slice(SINK_STAGE.length));
    if (handOver === undefined) {
      reject(flow, stage, 'unknown_sink', `the document has no sink ${stage.slice(SINK_STAGE.length)}`);
      return;
    }
    let delivery: Delivery;
    try {
      delivery = readDelivery(flow, seq);
    } catch (error) {
      reject(flow, stage, 'bad_replay', (error as Error).message);
      return;
    }
    handOver(delivery, out);
  }

  return {
    process(input, out) {
      const { seq } = input;
      switch (input.topic) {
        case 'aggregated':
          routeFlow(input.flow, seq, out);
          break;
        case 'windows': {
          const { result, trace = null } = input;
          out.store({
            table: 'windows',
            pipeline,
            version: { position: seq, revision: result.revision },
            name: result.name,
            group: result.group,
            start: result.start,
            end: result.end,
            revision: result.revision,
            final: result.final,
            values: result.values,
          });
          const applying = windowRoutes.get(result.name);
          if (applying === undefined) break;
          apply(
            pipeline,
            applying,
            { window: windowScope(result) },
            () => windowDelivery(result, seq, trace),
            out,
          );
          break;
        }
        case 'alerts': {
          const { alert, trace = null } = input;
          out.store({ table: 'alerts', pipeline, version: { position: seq, revision: 0 }, ...alert });
          apply(pipeline, alertRoutes, { alert: { ...alert } }, () => alertDelivery(alert, seq, trace), out);
          break;
        }
        case 'late_merge':
          out.store(lateMergeDeadLetter(pipeline, input.late, seq));
      }
    },
  };
}

interface ConnectedRoute {
  readonly from: RoutePlan['from'];
  readonly name: string;
  readonly when: RoutePlan['when'];
  readonly sinks: readonly { readonly name: string; readonly handOver: HandOver }[];
}

function connectRoute(
  plan: Plan,
  route: RoutePlan,
  kinds: Readonly<Record<string, SinkKind>>,
): ConnectedRoute {
  const { name, from, when } = route;
  const sinks = route.to.map((sink) => {
    const kind = kinds[sink.kind];
    if (kind === undefined) throw new Error(`route ${name}: this program has no sinks of kind ${sink.kind}`);
    const handOver: HandOver =
      kind.reach === 'inner'
        ? kind.connect(plan, route, sink)
        : (delivery, out) => out.deliver(sink.name, delivery);
    return { name: sink.name, handOver };
  });
  return { name, from, when, sinks };
}

/** Hands a value to the sinks of every route whose condition holds; it is made at the first. */
function apply(
  pipeline: string,
  routes: readonly ConnectedRoute[],
  scope: Scope,
  make: () => Delivery,
  out: RouteOutput,
): void {
  let delivery: Delivery | null = null;
  for (const { name, when, sinks } of routes) {
    let failure: ExpressionError | null = null;
    try {
      if (when !== null && !when(scope)) continue;
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      failure = error;
    }
    delivery ??= make();
    for (const sink of sinks) {
      if (failure === null) {
        sink.handOver(delivery, out);
        continue;
      }
      const message = `when of route ${name}: ${failure.message}. A replay goes to the sink without asking it.`;
      out.store(sinkDeadLetter(pipeline, sink.name, delivery, { code: 'expression_error', message }));
    }
  }
}

function eventDelivery(flow: Flow, seq: number): Delivery {
  const { id, key, eventTime: time, trace, event } = flow;
  const value = jsonData(event) as Delivery['value'];
  return { from: 'event', id, attempt: 0, key, time, seq, trace, value };
}

function alertDelivery(alert: Alert, seq: number, trace: Delivery['trace']): Delivery {
  const { id, group: key, time } = alert;
  return { from: 'alert', id, attempt: 0, key, time, seq, trace, value: { ...alert } };
}

function windowDelivery(result: WindowResult, seq: number, trace: Delivery['trace']): Delivery {
  const { name, group: key, start, end: time, revision } = result;
  const id = `${name}:${key}:${start}:${revision}`;
  return { from: 'window', id, attempt: 0, key, time, seq, trace, value: { ...result } };
}

/** A result as expressions see it: the computed values beside `group`, `start`, … */
function windowScope({ group, start, end, revision, final, values }: WindowResult): Record<string, unknown> {
  return { ...values, group, start, end, revision, final };
}
