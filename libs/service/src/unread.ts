import type { EventLog } from '@millrace/lanes/ports/log';
import type { ServiceContext } from './service-context.ts';

const EVERY_MS = 1_000;

/** How far validate is behind raw, looked up now and then: sources that can wait do, so that raw stays short. */
export function startUnread(
  { plan, board }: ServiceContext,
  log: EventLog,
): { records(): number; stop(): void } {
  const raw = `${plan.pipeline}.raw`;
  const group = `${plan.pipeline}.validate`;
  const read = new Array<number>(plan.lanes).fill(0);
  // Only who has a source that waits for it asks the brokers.
  const asks = plan.sources.some(({ kind }) => kind !== 'http');
  let underWay = false;

  async function look(): Promise<void> {
    for (let lane = 0; lane < plan.lanes; lane++) {
      const { offset } = (await log.committed(group, raw, lane)) ?? { offset: 0 };
      read[lane] = offset;
    }
  }

  const timer = setInterval(() => {
    if (!asks || underWay) return;
    underWay = true;
    // What can't be looked up stays as it was.
    void look()
      .catch(() => {})
      .finally(() => {
        underWay = false;
      });
  }, EVERY_MS);
  timer.unref();
  return {
    records: () =>
      asks ? read.reduce((sum, offset, lane) => sum + Math.max(0, board.end(raw, lane) - offset), 0) : 0,
    stop: () => clearInterval(timer),
  };
}
