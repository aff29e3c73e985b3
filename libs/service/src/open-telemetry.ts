import type { Span, SpanStart, Tracer } from '@millrace/lanes/ports/tracer';
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
import { NodeSDK } from '@opentelemetry/sdk-node';
import { AlwaysOnSampler, BatchSpanProcessor, RandomIdGenerator } from '@opentelemetry/sdk-trace';
import { sampledTraceId } from './trace-ids.ts';
import type { Tracing, TracingOptions } from './tracing.ts';
import { createSpanExporter } from './tracing-exporter.ts';

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

/**
 * Starts OpenTelemetry's SDK for this process, for spans alone: metrics and logs have their own ways. What the receiver
 * does or doesn't do disturbs nothing.
 */
export function startOpenTelemetry(options: TracingOptions & { readonly endpoint: string }): Tracing {
  const { service, version, instance, endpoint, rate, systems, logger } = options;
  const ids = new RandomIdGenerator();
  const sdk = new NodeSDK({
    resource: defaultResource().merge(
      resourceFromAttributes({
        'service.name': service,
        'service.version': version,
        'service.instance.id': instance,
      }),
    ),
    autoDetectResources: false,
    instrumentations: [],
    metricReaders: [],
    logRecordProcessors: [],
    textMapPropagator: null,
    // What is sampled has been decided before a span is started.
    sampler: new AlwaysOnSampler(),
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
  sdk.start();
  return {
    tracer: tracerOn(trace.getTracer('millrace', version), rate, systems),
    close: () => within(CLOSE_MS, sdk.shutdown()),
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
