import { schemaRegistryContract } from '@millrace/testkit/contracts/schema-registry';
import { openScratch } from './fixtures/scratch.ts';

schemaRegistryContract('schema registry on LMDB', async () => {
  const scratch = await openScratch();
  let names = 0;
  return {
    registry: scratch.embedded.registry,
    subject: () => `payments.raw-value-${names++}`,
    reopen: async () => (await scratch.reopen()).registry,
    close: scratch.close,
  };
});
