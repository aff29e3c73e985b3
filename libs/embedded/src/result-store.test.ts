import { resultStoreContract } from '@millrace/testkit/contracts/result-store';
import { openScratch } from './fixtures/scratch.ts';

resultStoreContract('result store on LMDB', async () => {
  const scratch = await openScratch();
  return { results: scratch.embedded.results, close: scratch.close };
});
