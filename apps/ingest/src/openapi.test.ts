import { expect, test } from '@jest/globals';
import fastify from 'fastify';
import { startHttp } from './fixtures/running-http.ts';
import { ingestOpenApi } from './openapi.ts';

test('every described route is there, and describes every status that it answers', async () => {
  const running = await startHttp();
  const app = fastify();
  await app.register(running.ingest.routes);
  for (const [path, methods] of Object.entries(ingestOpenApi.paths)) {
    const url = path.replace(/\{(\w+)\}/g, ':$1');
    for (const [method, operation] of Object.entries(methods)) {
      expect(app.hasRoute({ method: method.toUpperCase() as 'POST', url })).toBe(true);
      const statuses = Object.keys(operation.responses as object).map(Number);
      const answer = await app.inject({ method: 'POST', url: path.replace('{pipeline}', 'payments') });
      expect(statuses).toContain(answer.statusCode);
      expect(statuses).toEqual([202, 400, 401, 403, 404, 413, 415, 429, 500, 503]);
    }
  }
  expect((await app.inject('/openapi/ingest.json')).json()).toEqual(ingestOpenApi);
  await app.close();
  await running.stop();
});
