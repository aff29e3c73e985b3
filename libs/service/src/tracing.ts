import type { Logger } from '@millrace/lanes/ports/logger';
import { noTracer, type Span, type SpanStart, type Tracer } from '@millrace/lanes/ports/tracer';
import { spanIdOf, type TraceContext, traceIdOf, traceparentOf } from '@millrace/lanes/trace-context';
import {
  type Context,
  createTraceState,
  type Span as OpenSpan,
  type Tracer as OpenTracer,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, RandomIdGenerator, TracerProvider } from '@opentelemetry/sdk-trace';
import { sampledTraceId } from './trace-ids.ts';
import { createSpanExporter } from './tracing-exporter.ts';

export interface TracingOptions {
  /** `millrace-validate`. */
  readonly service: string;
  readonly version: string;
  /** Tells replicas apart. */
  readonly instance: string;
  /** Where OTLP over HTTP is taken, such as `http://localhost:4318`; null: no spans are made. */
  readonly endpoint: string | null;
  /** The share of events, from 0 to 1, that are traced although nobody asked for it. */
  readonly rate: number;
  /** By OpenTelemetry's names. */
  readonly systems: Tracer['systems'];
  readonly logger: Logger;
}

export interface Tracing {
  readonly tracer: Tracer;
  /** Sends what is left, for at most CLOSE_MS. Never rejects: nothing is to end otherwise for the sake of spans. */
  close(): Promise<void>;
}

/** Spans that wait to be sent; what comes beyond is left out. */
const QUEUE_SPANS_MAX = 8_192;
const BATCH_SPANS_MAX = 512;
const SEND_EVERY_MS = 1_000;
const SEND_TIMEOUT_MS = 10_000;
const CLOSE_MS = 3_000;

const KINDS: Readonly<Record<SpanStart['kind'], SpanKind>> = {
  server: SpanKind.SERVER,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  client: SpanKind.CLIENT,
  internal: SpanKind.INTERNAL,
};

/** The tracer on OpenTelemetry. What the receiver does or doesn't do disturbs nothing. */
export function openTracing(options: TracingOptions): Tracing {
  const { service, version, instance, endpoint, rate, systems, logger } = options;
  if (endpoint === null) return { tracer: noTracer, close: async () => {} };
  const ids = new RandomIdGenerator();
  const provider = new TracerProvider({
    resource: defaultResource().merge(
      resourceFromAttributes({
        'service.name': service,
        'service.version': version,
        'service.instance.id': instance,
      }),
    ),
    // What is sampled has been decided before a span is started.
    idGenerator: {
      generateTraceId: () => sampledTraceId(rate, ids.generateTraceId()),
      generateSpanId: () => ids.generateSpanId(),
    },
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: createSpanExporter(endpoint, SEND_TIMEOUT_MS, logger),
        maxQueueSize: QUEUE_SPANS_MAX,
        maxExportBatchSize: BATCH_SPANS_MAX,
        scheduledDelayMillis: SEND_EVERY_MS,
        exportTimeoutMillis: SEND_TIMEOUT_MS,
      }),
    ],
  });
  return {
    tracer: tracerOn(provider.getTracer('millrace', version), rate, systems),
    close: () => within(CLOSE_MS, provider.shutdown()),
  };
}

function tracerOn(open: OpenTracer, rate: number, systems: Tracer['systems']): Tracer {
  return {
    active: true,
    systems,
    sampled: () => Math.random() < rate,
    start({ name, kind, attributes, links = [] }, parent) {
      const options = {
        kind: KINDS[kind],
        attributes: attributes as Record<string, string | number | boolean | string[]>,
        links: links.map((link) => ({ context: spanContextOf(link) })),
      };
      return new KeptSpan(open.startSpan(name, options, contextOf(parent)));
    },
  };
}

class KeptSpan implements Span {
  readonly parent: string;
  readonly state: string;
  readonly #span: OpenSpan;

  constructor(span: OpenSpan) {
    const { traceId, spanId, traceState } = span.spanContext();
    this.parent = traceparentOf(traceId, spanId);
    this.state = traceState?.serialize() ?? '';
    this.#span = span;
  }

  set(attributes: SpanStart['attributes']): void {
    this.#span.setAttributes(attributes as Record<string, string | number | boolean | string[]>);
  }

  fail(message: string): void {
    this.#span.setStatus({ code: SpanStatusCode.ERROR, message });
  }

  end(): void {
    this.#span.end();
  }
}

function contextOf(parent: TraceContext): Context {
  return parent.parent === '' ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, spanContextOf(parent));
}

function spanContextOf(context: TraceContext): SpanContext {
  return {
    traceId: traceIdOf(context),
    spanId: spanIdOf(context),
    traceFlags: TraceFlags.SAMPLED,
    isRemote: true,
    ...(context.state !== '' && { traceState: createTraceState(context.state) }),
  };
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work.catch(() => {}), late]);
  clearTimeout(timer);
}
