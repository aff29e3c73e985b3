import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test } from '@jest/globals';
import { createRandom } from '@millrace/simulation/random';
import { startLoad } from './load.ts';

type Answer = (body: string, response: ServerResponse) => void;

const cleanUps: (() => void)[] = [];
afterEach(() => cleanUps.splice(0).forEach((cleanUp) => void cleanUp()));

const accept: Answer = (body, response) => {
  response.statusCode = 202;
  response.end(JSON.stringify({ accepted: (JSON.parse(body) as unknown[]).length, rejected: [] }));
};

/** An ingest that answers each request as often as it comes with the next of its answers, the last of them for ever. */
async function ingestThat(answers: readonly Answer[]) {
  const tries = new Map<string, string[]>();
  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const key = String(request.headers['idempotency-key']);
    const bodies = [...(tries.get(key) ?? []), await text(request)];
    tries.set(key, bodies);
    answers[Math.min(bodies.length, answers.length) - 1]!(bodies.at(-1)!, response);
  }
  const server = createServer((request, response) => void take(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUps.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { tries, address: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const loadOn = (address: string) =>
  startLoad({ pipeline: 'p', addresses: () => [address], slice: 0, name: 'n', random: createRandom(1) });

const untilTried = async (tries: ReadonlyMap<string, unknown>) => {
  while (tries.size < 2) await new Promise((resolve) => setTimeout(resolve, 5));
};

test('a request that gets no answer, or is refused for now, is repeated as it was until it is taken', async () => {
  const { tries, address } = await ingestThat([
    (_, response) => void response.destroy(),
    (_, response) => void response.writeHead(503).end('{}'),
    accept,
  ]);
  const load = loadOn(address);
  await untilTried(tries);
  await load.stop(AbortSignal.timeout(10_000));
  for (const bodies of tries.values()) {
    expect(bodies).toHaveLength(3);
    expect(new Set(bodies).size).toBe(1);
  }
  expect(load.repeats).toBe(2 * tries.size);
  const ids = [...tries.keys()].flatMap((key) => Array.from({ length: 20 }, (_, i) => `api:${key}:${i}`));
  expect([...load.sent.keys()].sort()).toEqual(ids.sort());
  expect([...load.sent.values()].filter(({ acknowledgedMs }) => acknowledgedMs === null)).toEqual([]);
});

test('a request that is refused for good ends the load', async () => {
  const { tries, address } = await ingestThat([(_, response) => void response.writeHead(400).end('no')]);
  const load = loadOn(address);
  while (tries.size === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await expect(load.stop(AbortSignal.timeout(10_000))).rejects.toThrow('ingest answered 400 to n-0: no');
});
