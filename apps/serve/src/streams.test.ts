import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Embedded, openEmbedded } from '@millrace/embedded/open';
import { createResultFeed, publishingResults, type ResultPublisher } from '@millrace/lanes/feed';
import { systemClock } from '@millrace/lanes/ports/clock';
import type { ResultStore } from '@millrace/lanes/ports/results';
import { planOf } from '@millrace/testkit/plans';
import {
  alertRowOf,
  deadLetterRowOf,
  pipelineStatusOf,
  windowPlanOf,
  windowRowOf,
} from '@millrace/testkit/result-rows';
import { fastify } from 'fastify';
import { serve } from './stage.ts';
import { MAX_STREAMS } from './streams.ts';

const DEADLINE_MS = 10_000;
const STREAM = '/v1/pipelines/payments/stream';

let app: ReturnType<typeof fastify>;
let url: string;
let feed: ResultPublisher;
let results: ResultStore;
let embedded: Embedded;
let folder: string;
let listeners: number;
const open: AbortController[] = [];

beforeEach(async () => {
  const plain = createResultFeed();
  listeners = 0;
  feed = {
    publish: plain.publish,
    subscribe(listener) {
      listeners += 1;
      const unsubscribe = plain.subscribe(listener);
      return () => {
        listeners -= 1;
        unsubscribe();
      };
    },
  };
  folder = mkdtempSync(join(tmpdir(), 'millrace-serve-'));
  embedded = await openEmbedded(folder, { lanes: 2 });
  results = publishingResults(embedded.results, feed);
  app = fastify();
  const plan = planOf({ windows: [windowPlanOf('card_velocity'), windowPlanOf('by_city')] });
  const done = async () => true;
  const status = () => ({
    time: 0,
    memory: { rssBytes: 1, heapBytes: 1 },
    pipelines: [pipelineStatusOf(), pipelineStatusOf({ pipeline: 'other' })],
  });
  await app.register(
    serve({ pipelines: [{ plan, results, feed, replay: done, discard: done }], status, clock: systemClock }),
  );
  url = await app.listen({ host: '127.0.0.1', port: 0 });
});

afterEach(async () => {
  for (const controller of open.splice(0)) controller.abort();
  await app.close();
  await embedded.close();
  rmSync(folder, { recursive: true });
});

/** Reads a stream's events, one after another. */
async function listen(path: string) {
  const controller = new AbortController();
  open.push(controller);
  const response = await fetch(url + path, { signal: controller.signal });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  async function next(): Promise<{ event: string; data: unknown }> {
    for (;;) {
      const end = text.indexOf('\n\n');
      if (end < 0) {
        const { value, done } = await reader.read();
        if (done) return { event: 'end', data: null };
        text += value;
        continue;
      }
      const message = text.slice(0, end);
      text = text.slice(end + 2);
      const [, event, data] = /^event: (.*)\ndata: (.*)$/.exec(message) ?? [];
      if (event !== undefined) return { event, data: JSON.parse(data!) };
    }
  }
  return {
    status: response.status,
    contentType: response.headers.get('content-type'),
    abort: () => controller.abort(),
    /** The next event of this name; others are passed over. */
    async nextOf(name: string) {
      for (;;) {
        const { event, data } = await next();
        if (event === name) return data as Record<string, unknown>[];
        if (event === 'end') throw new Error(`the stream ended before ${name}`);
      }
    },
  };
}

async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`not within ${DEADLINE_MS} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test('a stream begins with the status of its pipeline', async () => {
  const stream = await listen(STREAM);
  expect([stream.status, stream.contentType]).toEqual([200, 'text/event-stream; charset=utf-8']);
  expect(await stream.nextOf('status')).toMatchObject({ pipelines: [{ pipeline: 'payments' }] });
  expect(await stream.nextOf('status')).toMatchObject({ pipelines: [{ pipeline: 'payments' }] });
});

test('what becomes durable is streamed: windows, alerts, dead letters and their removal', async () => {
  const stream = await listen(STREAM);
  await stream.nextOf('status');
  const letter = deadLetterRowOf('e1', 0);
  await results.write([windowRowOf('A\n\nB', 0, { final: false }), alertRowOf('velocity:1', 0), letter]);
  expect(await stream.nextOf('windows')).toMatchObject([{ group: 'A\n\nB', final: false }]);
  expect(await stream.nextOf('alerts')).toMatchObject([{ id: 'velocity:1' }]);
  expect(await stream.nextOf('deadletters')).toMatchObject([{ id: letter.id, bytes: 16 }]);
  await results.removeDeadLetter('payments', letter.id);
  expect(await stream.nextOf('removed')).toEqual([letter.id]);
});

test('a stream of one window has no other', async () => {
  const stream = await listen(`${STREAM}?window=by_city`);
  await stream.nextOf('status');
  await results.write([windowRowOf('A', 0), windowRowOf('Berlin', 0, { name: 'by_city' })]);
  expect(await stream.nextOf('windows')).toMatchObject([{ name: 'by_city', group: 'Berlin' }]);
});

test('a reader that leaves is forgotten', async () => {
  const stream = await listen(STREAM);
  expect(listeners).toBe(1);
  stream.abort();
  await until('the stream has unsubscribed', () => listeners === 0);
});

test('a reader that does not take what it is sent is cut off', async () => {
  const { hostname, port } = new URL(url);
  const socket: Socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  socket.write(`GET ${STREAM} HTTP/1.1\r\nhost: ${hostname}\r\n\r\n`);
  socket.pause();
  await until('the stream is open', () => listeners === 1);
  const group = 'x'.repeat(10_000);
  for (let n = 0; listeners > 0; n++) {
    // As fast as the streams are flushed, a fresh load each time.
    const rows = Array.from({ length: 200 }, (_, i) => windowRowOf(`${group}${n}:${i}`, 0));
    feed.publish({ rows, removed: [] });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(n).toBeLessThan(DEADLINE_MS / 20);
  }
  socket.destroy();
});

test('there are only so many streams; a free place can be taken again', async () => {
  const all = await Promise.all(Array.from({ length: MAX_STREAMS }, () => listen(STREAM)));
  expect((await fetch(url + STREAM)).status).toBe(503);
  all[0]!.abort();
  await until('the place is free', () => listeners === MAX_STREAMS - 1);
  expect((await listen(STREAM)).status).toBe(200);
});

test('closing the server ends the streams', async () => {
  const stream = await listen(STREAM);
  await stream.nextOf('status');
  await app.close();
  await expect(stream.nextOf('nothing')).rejects.toThrow('ended');
  expect(listeners).toBe(0);
});
