import { randomUUID } from 'node:crypto';
import type { Logger } from '@millrace/lanes/ports/logger';
import type { Plan } from '@millrace/pipeline/plan';
import { EXIT } from '@millrace/service/exit-codes';
import { Failure } from '@millrace/service/failure';
import { openTracing, type Tracing } from '@millrace/service/tracing';
import { version } from '../version.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Spans of a run in one process, off unless MILLRACE_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_ENDPOINT says where they are
 * taken. MILLRACE_TRACE_RATE stands above the document's `trace.rate`.
 * @throws Failure when the rate is none.
 */
export function openRunTracing(plan: Plan, env: Environment, logger: Logger): Promise<Tracing> {
  return openTracing({
    service: env.OTEL_SERVICE_NAME || 'millrace',
    version,
    instance: randomUUID(),
    endpoint: env.MILLRACE_OTLP_ENDPOINT || env.OTEL_EXPORTER_OTLP_ENDPOINT || null,
    rate: rateOf(env.MILLRACE_TRACE_RATE, plan),
    systems: { log: 'millrace', results: 'lmdb' },
    logger,
  });
}

function rateOf(text: string | undefined, { traceRate }: Plan): number {
  if (text === undefined || text === '') return traceRate;
  const rate = Number(text);
  if (rate >= 0 && rate <= 1) return rate;
  throw new Failure(`MILLRACE_TRACE_RATE is "${text}"; it has to be a number from 0 to 1.`, EXIT.usage);
}
