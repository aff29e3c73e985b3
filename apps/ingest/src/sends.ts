import type { Flow } from '@millrace/lanes/flow';
import type { Span, Tracer } from '@millrace/lanes/ports/tracer';
import { ATTRIBUTE } from '@millrace/lanes/span-attributes';
import type { TraceContext } from '@millrace/lanes/trace-context';

/** The spans of a lane's sampled records between their queueing and their acknowledgement. */
export interface Sends {
  /** `at`: counts what has been queued for the lane. @returns what the record carries. */
  start(flow: Flow, trace: TraceContext, at: number): TraceContext;
  /** The records from `from` up to `to` were acknowledged, the first of them at `offset`. */
  acknowledged(from: number, to: number, offset: number): void;
  failed(error: Error): void;
}

export interface SendsOptions {
  readonly tracer: Tracer;
  readonly pipeline: string;
  readonly topic: string;
  readonly lane: number;
}

export function createSends({ tracer, pipeline, topic, lane }: SendsOptions): Sends {
  let open: { readonly at: number; readonly span: Span }[] = [];
  const place = {
    [ATTRIBUTE.messagingSystem]: tracer.systems.log,
    [ATTRIBUTE.operationType]: 'send',
    [ATTRIBUTE.operationName]: 'send',
    [ATTRIBUTE.topic]: topic,
    [ATTRIBUTE.partition]: String(lane),
    [ATTRIBUTE.pipeline]: pipeline,
    [ATTRIBUTE.stage]: 'ingest',
    [ATTRIBUTE.lane]: lane,
  };
  return {
    start(flow, trace, at) {
      if (!tracer.active) return trace;
      const attributes = { ...place, [ATTRIBUTE.eventId]: flow.id, [ATTRIBUTE.source]: flow.source };
      const span = tracer.start({ name: `send ${topic}`, kind: 'producer', attributes }, trace);
      open.push({ at, span });
      return span;
    },
    acknowledged(from, to, offset) {
      while (open.length > 0 && open[0]!.at < to) {
        const { at, span } = open.shift()!;
        span.set({ [ATTRIBUTE.offset]: offset + at - from });
        span.end();
      }
    },
    failed(error) {
      for (const { span } of open) {
        span.fail(error.message);
        span.end();
      }
      open = [];
    },
  };
}
