import { randomUUID } from 'node:crypto';
import { schemaRegistryContract } from '@millrace/testkit/contracts/schema-registry';
import { givenRegistry } from './fixtures/given-registry.ts';
import { openRegistry } from './registry.ts';

const url = givenRegistry();
const logger = { info: () => {}, warn: () => {}, error: () => {} };

schemaRegistryContract('schema registry over HTTP', async () => ({
  registry: openRegistry({ url, logger }),
  subject: () => `contract.${randomUUID()}`,
  reopen: async () => openRegistry({ url, logger }),
  close: async () => {},
}));
