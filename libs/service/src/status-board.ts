import { type HeardReport, mergedStatus } from '@millrace/lanes/merged-status';
import type { SharedValues } from '@millrace/lanes/ports/shared-values';
import { reportScope, type ServiceReport } from '@millrace/lanes/service-report';
import type { Status } from '@millrace/lanes/status';
import type { ServiceContext } from './service-context.ts';

const EVERY_MS = 500;
/** A process that has not been heard of for as long has gone, or can't reach where status is shared. */
const SILENT_MS = 5_000;
/** Until then it may come back, or somebody should look why not. */
const MISSED_MS = 10 * 60_000;

interface Heard {
  readonly report: ServiceReport;
  /** By the clock of this process: those of others may differ. */
  readonly heardMs: number;
  /** Since this process began to listen. */
  readonly reports: number;
}

/** What all processes of the pipeline last told of themselves. */
export interface StatusBoard {
  status(): Status;
  stop(): void;
}

export function startStatusBoard(
  { plan, clock, logger, startedMs }: ServiceContext,
  shared: SharedValues,
): StatusBoard {
  const scope = reportScope(plan.pipeline);
  const heard = new Map<string, Heard>();
  let readMs = 0;
  let underWay = false;
  let failing = false;

  async function look(): Promise<void> {
    try {
      const found = await shared.all(scope);
      readMs = clock.now();
      for (const [name, text] of found) {
        const report = JSON.parse(text) as ServiceReport;
        const before = heard.get(name);
        // What was there before this process was may be of one that has gone: it has to be heard of once more.
        const heardMs = before === undefined ? readMs - SILENT_MS : readMs;
        if (before?.report.number === report.number) continue;
        heard.set(name, { report, heardMs, reports: (before?.reports ?? 0) + 1 });
      }
      for (const name of heard.keys()) if (!found.has(name)) heard.delete(name);
      if (failing) logger.info({}, 'the status of the other services is known again');
      failing = false;
    } catch (error) {
      if (!failing)
        logger.warn({ reason: (error as Error).message }, 'the status of the other services is not known');
      failing = true;
    }
  }

  const timer = setInterval(() => {
    if (underWay) return;
    underWay = true;
    void look().finally(() => {
      underWay = false;
    });
  }, EVERY_MS);

  /** While nothing can be read, nobody grows silent. */
  const isAlive = ({ report, heardMs }: Heard): boolean =>
    report.state !== 'ended' && readMs - heardMs < SILENT_MS;

  /** Of one that was never heard of more than once nobody knows how long it has been gone. */
  const isMissed = ({ heardMs, reports }: Heard): boolean => reports > 1 && readMs - heardMs < MISSED_MS;

  return {
    status() {
      const now = clock.now();
      const { rss, heapUsed } = process.memoryUsage();
      const reports = [...heard.values()].map(
        (each): HeardReport => ({ report: each.report, alive: isAlive(each), missed: isMissed(each) }),
      );
      return {
        time: now,
        memory: { rssBytes: rss, heapBytes: heapUsed },
        pipelines: [mergedStatus({ plan, nowMs: now, startedMs, heard: reports })],
      };
    },
    stop: () => clearInterval(timer),
  };
}
