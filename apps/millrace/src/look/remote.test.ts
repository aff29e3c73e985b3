import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, jest, test } from '@jest/globals';
import { connect } from './remote.ts';

// An answer that never comes is waited for.
jest.setTimeout(20_000);

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serverThat(answers: RequestListener): Promise<string> {
  const server = createServer(answers).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('a process that takes connections and never answers is said to be stuck', async () => {
  const silent = await serverThat(() => {});
  const halfway = await serverThat((_, response) => response.write('{"pipelines":'));
  const stuck = (url: string) =>
    expect(connect(url, undefined)).rejects.toThrow(`${url} answers nothing within 5 s; it may be stuck`);
  await Promise.all([stuck(silent), stuck(halfway)]);
});
