import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { auditStatus, type PipelineStatus, type ServiceStatus } from '@millrace/lanes/status';
import { millrace } from '../fixtures/cli.ts';

const ZERO = { events: 0, dropped: 0, duplicate: 0, rejected: 0, late: 0, processed: 0, flags: {} };
const service = (name: string, instance: string, state: ServiceStatus['state']): ServiceStatus => ({
  ...{ service: name, instance, state },
  ...{ startedMs: 0, reasons: [], lanes: 1 },
});
const status: PipelineStatus = {
  ...{ pipeline: 'payments', plan: 'p', state: 'starting', uptimeMs: 0, audit: auditStatus(ZERO, 0) },
  ...{
    stages: [],
    latency: null,
    lanes: [],
    openWindows: 0,
    repeats: 0,
    gaps: 0,
    deadLetters: {},
    sources: [],
  },
  services: [
    service('validate', 'a', 'silent'),
    service('validate', 'b', 'running'),
    service('enrich', 'c', 'silent'),
  ],
};
const server = createServer((_, response) => {
  response.setHeader('content-type', 'application/json');
  const memory = { rssBytes: 0, heapBytes: 0 };
  response.end(JSON.stringify({ time: 0, memory, pipelines: [status] }));
});
afterEach(() => void server.close());

test('a service that is gone is named, with what to do where none is left', async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { stdout } = await millrace('.', 'status', '--url', url);
  expect(stdout).toContain('validate (a) is silent\n');
  expect(stdout).toContain(
    'enrich (c) is silent; no other one runs: start it again, what waits for it is kept',
  );
});
