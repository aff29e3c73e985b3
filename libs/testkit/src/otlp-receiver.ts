import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A span as OTLP has it, in words. */
export interface ReceivedSpan {
  readonly service: string;
  readonly resource: Readonly<Record<string, unknown>>;
  readonly name: string;
  /** `server`, `client`, `producer` or `consumer`. */
  readonly kind: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty: it is the first of its trace. */
  readonly parentSpanId: string;
  readonly state: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly isError: boolean;
  readonly message: string;
  /** Nanoseconds since 1970. */
  readonly start: bigint;
  readonly end: bigint;
}

/** Takes spans over HTTP as OTLP's JSON, and keeps them. */
export interface OtlpReceiver {
  /** To be given as OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly endpoint: string;
  readonly spans: ReceivedSpan[];
  /** What it answers from now on; 200 at first. */
  answer(status: number): void;
  /** How often spans were sent to it. */
  readonly requests: number;
  close(): Promise<void>;
}

const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];
const STATUS_ERROR = 2;

interface Attribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

interface SentSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly traceState?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes?: readonly Attribute[];
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly status?: { readonly code?: number; readonly message?: string };
}

interface Sent {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly SentSpan[] }[];
  }[];
}

/** @param forwardTo another's endpoint, which is sent the same. */
export async function startOtlpReceiver(forwardTo: string | null = null): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  let status = 200;
  let requests = 0;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    requests++;
    const body = Buffer.concat(chunks);
    if (status === 200 && request.url === '/v1/traces') {
      spans.push(...spansOf(JSON.parse(body.toString()) as Sent));
      if (forwardTo !== null) await forward(`${forwardTo}/v1/traces`, body);
    }
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    spans,
    answer(next) {
      status = next;
    },
    get requests() {
      return requests;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function forward(url: string, body: Buffer): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: new Uint8Array(body) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
}

function spansOf({ resourceSpans }: Sent): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const about = plainValues(resource.attributes);
    return scopeSpans.flatMap((scope) => scope.spans.map((span) => received(span, about)));
  });
}

function received(span: SentSpan, resource: Readonly<Record<string, unknown>>): ReceivedSpan {
  const { traceId, spanId, parentSpanId = '', traceState = '', name, status } = span;
  return {
    service: String(resource['service.name']),
    resource,
    name,
    kind: KINDS[span.kind] ?? String(span.kind),
    traceId,
    spanId,
    parentSpanId,
    state: traceState,
    attributes: plainValues(span.attributes ?? []),
    links: (span.links ?? []).map((link) => ({ traceId: link.traceId, spanId: link.spanId })),
    isError: status?.code === STATUS_ERROR,
    message: status?.message ?? '',
    start: BigInt(span.startTimeUnixNano),
    end: BigInt(span.endTimeUnixNano),
  };
}

function plainValues(attributes: readonly Attribute[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, plainOf(value)]));
}

function plainOf(value: Readonly<Record<string, unknown>>): unknown {
  if ('arrayValue' in value) {
    const { values = [] } = value.arrayValue as { values?: Readonly<Record<string, unknown>>[] };
    return values.map(plainOf);
  }
  if ('intValue' in value) return Number(value.intValue);
  return Object.values(value)[0];
}
