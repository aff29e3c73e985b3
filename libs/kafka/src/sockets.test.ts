import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { withAdmin } from './clients.ts';

const SILENT = { info: () => {}, warn: () => {}, error: () => {} };
/** kafkajs tries some times. */
const TIMEOUT_MS = 60_000;

const server = createServer((socket) => socket.end(Buffer.of(0, 0, 0, 1, 7)));
afterEach(() => void server.close());

test(
  'an address of somebody else’s server is an error that says so, and ends nothing',
  async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const broker = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const asked = withAdmin({ brokers: [broker], clientId: 'lost', logger: SILENT }, async () => {});
    await expect(asked).rejects.toThrow(`${broker} does not speak as a Kafka broker`);
  },
  TIMEOUT_MS,
);
