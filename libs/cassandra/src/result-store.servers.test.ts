import { afterAll, beforeAll } from '@jest/globals';
import { resultStoreContract } from '@millrace/testkit/contracts/result-store';
import { pipelineOfItsOwn } from './fixtures/pipeline-of-its-own.ts';
import { dropKeyspace, quiet, scratchOptions } from './fixtures/server.ts';
import { type CassandraResults, openCassandraResults } from './open.ts';

const options = scratchOptions();
let results: CassandraResults;
let made = 0;

beforeAll(async () => {
  results = await openCassandraResults(options, quiet);
}, 60_000);

afterAll(async () => {
  await results?.close();
  await dropKeyspace(options);
}, 60_000);

// Making tables takes a second: every check has pipelines of its own in the same ones.
resultStoreContract('result store on Cassandra', async () => {
  made++;
  return { results: pipelineOfItsOwn(results, `n${made}`), close: async () => {} };
});
