import { stateStoreContract } from '@millrace/testkit/contracts/state-store';
import { openScratch } from './fixtures/scratch.ts';
import { key, SPACE } from './keys.ts';
import { openLmdbDisk } from './lmdb-disk.ts';

stateStoreContract('state store on LMDB', async () => {
  const scratch = await openScratch();
  let names = 0;
  return {
    state: scratch.embedded.state,
    key: () => `payments/aggregate/${names++}`,
    reopen: async () => (await scratch.reopen()).state,
    async damage(stateKey) {
      await scratch.whileClosed(async (folder) => {
        const disk = openLmdbDisk(folder, false);
        const delta = key(SPACE.stateDelta).text('state').text(stateKey).integer(1).end();
        await disk.write([{ key: delta, value: null }]).flushed;
        await disk.close();
      });
    },
    close: scratch.close,
  };
});
