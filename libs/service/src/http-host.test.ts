import { afterEach, expect, test } from '@jest/globals';
import type { FastifyPluginAsync } from 'fastify';
import { type Host, openHost } from './http-host.ts';

let host: Host | null = null;
afterEach(async () => host?.close());

const logger = { debug() {}, info() {}, warn() {}, error() {} };
const answering =
  (path: string): FastifyPluginAsync =>
  async (app) => {
    app.get(path, () => 'here');
  };
const statusOf = async (path: string) => (await fetch(`${host!.url}${path}`)).status;

test('what is not there yet while a service starts is asked for again; once it runs, what is not there is not', async () => {
  host = await openHost({ host: '127.0.0.1', port: 0, logger, isStarting: true }, [answering('/livez')]);
  expect(await statusOf('/livez')).toBe(200);
  const early = await fetch(`${host.url}/v1/later`, { method: 'POST', body: '{}' });
  expect([early.status, early.headers.get('retry-after')]).toEqual([503, '1']);
  expect(await early.json()).toMatchObject({ error: { code: 'unavailable' } });
  await host.mount([answering('/livez'), answering('/v1/later')]);
  expect(await statusOf('/v1/later')).toBe(200);
  expect(await statusOf('/v1/never')).toBe(404);
});

test('one that has all from its start says so', async () => {
  host = await openHost({ host: '127.0.0.1', port: 0, logger }, [answering('/livez')]);
  expect(await statusOf('/v1/never')).toBe(404);
});

test('a request that failed is told of, one that is to come again is not', async () => {
  const told: string[] = [];
  const error = (_: object, message: string) => void told.push(message);
  const failing: FastifyPluginAsync = async (app) => {
    app.get('/busy', () => Promise.reject(Object.assign(new Error('full'), { statusCode: 503 })));
    app.get('/broken', () => Promise.reject(new Error('a defect')));
  };
  host = await openHost({ host: '127.0.0.1', port: 0, logger: { ...logger, error } }, [failing]);
  expect([await statusOf('/busy'), told]).toEqual([503, []]);
  expect(await statusOf('/broken')).toBe(500);
  expect(told).toHaveLength(1);
});
