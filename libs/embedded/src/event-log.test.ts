import { eventLogContract } from '@millrace/testkit/contracts/event-log';
import { openScratch } from './fixtures/scratch.ts';

const LANES = 3;
const KEEP_MS = 3_600_000;

eventLogContract('event log on LMDB', async () => {
  let aheadMs = 0;
  const clock = { now: () => Date.now() + aheadMs, sleep };
  const scratch = await openScratch({ lanes: LANES, keepMs: KEEP_MS, clock });
  let names = 0;
  return {
    log: scratch.embedded.log,
    lanes: LANES,
    topic: async () => `topic-${names++}`,
    group: () => `group-${names++}`,
    async truncate() {
      aheadMs = 2 * KEEP_MS;
      await scratch.embedded.expire();
      aheadMs = 0;
    },
    close: scratch.close,
  };
});

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
