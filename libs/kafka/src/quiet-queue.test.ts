import { createRequire } from 'node:module';
import { expect, test } from '@jest/globals';
import { quietenQueues } from './quiet-queue.ts';

const RequestQueue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue/index.js');

function createQueue() {
  const logger = { debug: () => {}, warn: () => {} };
  return new RequestQueue({ requestTimeout: 1_000, enforceRequestTimeout: false, logger });
}

test('an idle queue keeps no timer, one that is throttled does', () => {
  const loud = createQueue();
  loud.checkPendingRequests();
  expect(loud.throttleCheckTimeoutId).not.toBeNull();
  loud.destroy();

  quietenQueues();
  quietenQueues();
  const quiet = createQueue();
  quiet.checkPendingRequests();
  expect(quiet.throttleCheckTimeoutId).toBeNull();
  quiet.maybeThrottle(10_000);
  quiet.push({ entry: { correlationId: 1 }, expectResponse: true, sendRequest: () => {} });
  expect(quiet.throttleCheckTimeoutId).not.toBeNull();
  quiet.destroy();
});
