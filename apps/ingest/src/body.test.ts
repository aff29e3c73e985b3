import { connect } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { sourceOf } from '@millrace/testkit/plans';
import { until } from './fixtures/running.ts';
import { payment, type RunningHttp, type Setup, startHttp } from './fixtures/running-http.ts';

let running: RunningHttp;
const start = async (setup?: Setup) => {
  running = await startHttp(setup);
};
afterEach(async () => {
  await running.stop();
  expect(running.failures).toEqual([]);
});
const post: RunningHttp['post'] = (...request) => running.post(...request);
const events = () => running.events();

/** Sends raw bytes and answers what came back until the connection ended. */
function exchange(write: (socket: ReturnType<typeof connect>) => void): Promise<string> {
  const { port } = new URL(running.url);
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(Number(port), '127.0.0.1', () => write(socket));
    socket.on('data', (bytes) => {
      text += bytes;
    });
    socket.on('error', () => resolve(text));
    socket.on('close', () => resolve(text));
  });
}

const head = (headers: string) =>
  `POST /v1/pipelines/payments/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${headers}\r\n\r\n`;

test('a body over the limit is refused at its announcement', async () => {
  await start();
  const answer = await exchange((socket) => socket.write(head('Content-Length: 100000000')));
  expect(answer).toContain('HTTP/1.1 413');
  expect(answer).toContain('body_too_large');
  expect(answer.toLowerCase()).toContain('connection: close');
});

test('a body over the limit that does not say so is refused when it is reached', async () => {
  await start({ sources: [sourceOf('api', { config: { body_limit: 100_000 } })] });
  let sent = 0;
  const answer = await exchange((socket) => {
    socket.write(head('Transfer-Encoding: chunked'));
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    const timer = setInterval(() => {
      sent += socket.destroyed ? 0 : 0x10000;
      if (socket.destroyed || sent > 100_000_000) clearInterval(timer);
      else socket.write(chunk);
    }, 1);
  });
  expect(answer).toContain('HTTP/1.1 413');
  expect(sent).toBeLessThan(100_000_000);
});

test('a body that is half sent leaves nothing behind', async () => {
  await start();
  const text = JSON.stringify([payment(1), payment(2)]);
  await exchange((socket) => {
    socket.write(head(`Content-Length: ${text.length + 10}`) + text);
    setTimeout(() => socket.destroy(), 20);
  });
  expect((await post(JSON.stringify(payment(3)))).status).toBe(202);
  expect(events().map(({ id }) => id)).toEqual(['p3']);
});

test('a body that never comes to its end is given up', async () => {
  await start({ bounds: { receivingMs: 50 } });
  const answer = await exchange((socket) => socket.write(`${head('Content-Length: 100')}[`));
  expect(answer).toBe('');
  expect((await post(JSON.stringify(payment(1)))).status).toBe(202);
});

test('bodies under way are bounded together', async () => {
  await start({ bounds: { receivingBytesMax: 50_000 } });
  const { port } = new URL(running.url);
  const holding = connect(Number(port), '127.0.0.1');
  holding.write(head('Content-Length: 90000') + 'x'.repeat(45_000));
  await until(() => holding.bytesWritten > 45_000, 'the first body to be under way');
  await until(() => holding.writableLength === 0, 'the first body to be sent');
  let answer = await post(`"${'x'.repeat(10_000)}"`);
  for (let tries = 0; answer.status !== 429 && tries < 200; tries++)
    answer = await post(`"${'x'.repeat(10_000)}"`);
  expect(answer).toMatchObject({ status: 429, body: { error: { code: 'overloaded' } } });
  holding.destroy();
});
