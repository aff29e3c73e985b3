import type { Logger } from '@millrace/lanes/ports/logger';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import type { SpanExporter } from '@opentelemetry/sdk-trace';

/** OTLP over HTTP as JSON. Trouble is told once, and once that it is over. */
export function createSpanExporter(endpoint: string, timeoutMillis: number, logger: Logger): SpanExporter {
  const url = `${endpoint.replace(/\/+$/, '')}/v1/traces`;
  const exporter = new OTLPTraceExporter({ url, timeoutMillis });
  let failing = false;

  function tell(error: Error | undefined): void {
    if (error === undefined) {
      if (failing) logger.info({ url }, 'spans are taken again');
      failing = false;
      return;
    }
    if (!failing) {
      logger.warn({ err: error, url }, 'spans are not taken and are left out; events go on as before');
    }
    failing = true;
  }

  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        tell(result.code === 0 ? undefined : (result.error ?? new Error('no reason was given')));
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush(),
  };
}
