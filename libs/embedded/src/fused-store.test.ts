import { fusedStoreContract } from '@millrace/testkit/contracts/fused-store';
import { openScratch } from './fixtures/scratch.ts';

fusedStoreContract('fused store on LMDB', async () => {
  const scratch = await openScratch();
  return { ...scratch.embedded, reopen: scratch.reopen, close: scratch.close };
});
