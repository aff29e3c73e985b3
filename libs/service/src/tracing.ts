import type { Logger } from '@millrace/lanes/ports/logger';
import { noTracer, type Tracer } from '@millrace/lanes/ports/tracer';

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

/** The tracer on OpenTelemetry, which is loaded only where spans are wanted: it takes a third of a second. */
export async function openTracing(options: TracingOptions): Promise<Tracing> {
  const { endpoint } = options;
  if (endpoint === null) return { tracer: noTracer, close: async () => {} };
  const { startOpenTelemetry } = await import('./open-telemetry.ts');
  return startOpenTelemetry({ ...options, endpoint });
}
