import { setTimeout as sleep } from 'node:timers/promises';
import type { PipelineStatus, Status } from '@millrace/lanes/status';
import { auditText } from '@millrace/millrace/run/audit-text';

const PERIOD_MS = 1_000;
const ANSWER_WITHIN_MS = 2_000;
/** Where lines can't be written over, one now and then will do. */
const QUIET_PERIOD_MS = 10_000;
export const CLEAR_LINE = '\r\u001b[2K';
const number = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

export interface ProgressOutput {
  isTTY: boolean;
  write(text: string): void;
}

/**
 * Shows how far the pipeline is until the signal, and once how all came out, when every source that ends has been
 * read and nothing is in flight.
 */
export async function showProgress(serve: string, out: ProgressOutput, signal: AbortSignal): Promise<void> {
  let shownMs = -QUIET_PERIOD_MS;
  let isToldDone = false;
  let last = '';
  while (!signal.aborted) {
    const status = await statusOf(serve, signal);
    const line = status === null ? 'serve does not answer' : lineOf(status);
    if (status !== null && isDone(status) && !isToldDone) {
      isToldDone = true;
      out.write(`${out.isTTY ? CLEAR_LINE : ''}every file has been read:\n${auditText(status.audit)}\n`);
    }
    if (out.isTTY) out.write(CLEAR_LINE + line);
    else if (line !== last && performance.now() - shownMs >= QUIET_PERIOD_MS) {
      out.write(`${line}\n`);
      shownMs = performance.now();
    }
    last = line;
    await sleep(PERIOD_MS, undefined, { signal }).catch(() => {});
  }
  if (out.isTTY) out.write(CLEAR_LINE);
}

function lineOf({ audit, stages, latency }: PipelineStatus): string {
  const rate = stages.find(({ name }) => name === 'ingest')?.eventsPerSecond ?? 0;
  const parts = [
    `${number.format(audit.events)} events`,
    `${number.format(rate)}/s`,
    `${number.format(audit.inFlight)} in flight`,
    audit.balanced ? 'balanced' : 'NOT BALANCED',
    ...(latency === null ? [] : [`p99 ${number.format(latency.p99Ms)} ms`]),
  ];
  return parts.join('  ');
}

function isDone({ sources, audit }: PipelineStatus): boolean {
  const parts = sources.flatMap((source) => source.parts).filter((part) => part.progress !== null);
  return parts.length > 0 && parts.every((part) => part.state === 'ended') && audit.inFlight === 0;
}

async function statusOf(serve: string, signal: AbortSignal): Promise<PipelineStatus | null> {
  try {
    const within = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]);
    const response = await fetch(`${serve}/v1/status`, { signal: within });
    return ((await response.json()) as Status).pipelines[0] ?? null;
  } catch {
    return null;
  }
}
