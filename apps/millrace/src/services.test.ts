import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { DEFAULT_PORTS, type ServiceName } from '@millrace/service/configuration/settings';
import { EXIT } from '@millrace/service/exit-codes';
import { type ServiceProcess, startService } from '@millrace/service/fixtures/service-process';
import { folderWith } from './fixtures/cli.ts';
import { paymentFiles } from './fixtures/payments.ts';

const SERVICES = Object.keys(DEFAULT_PORTS) as ServiceName[];
const MAIN_LINES_MAX = 20;
/** Where nothing listens. */
const NOWHERE = {
  MILLRACE_KAFKA: '127.0.0.1:1',
  MILLRACE_REGISTRY: 'http://127.0.0.1:1',
  MILLRACE_REDIS: 'redis://127.0.0.1:1',
  MILLRACE_CASSANDRA: '127.0.0.1:1',
};

const folders: ReturnType<typeof folderWith>[] = [];
const running: ServiceProcess[] = [];
afterEach(async () => {
  for (const service of running.splice(0)) await service.kill();
  for (const folder of folders.splice(0)) folder.remove();
});

function documentWith(changes: Parameters<typeof paymentFiles>[0] = {}): string {
  const folder = folderWith(paymentFiles(changes));
  folders.push(folder);
  return join(folder.path, 'pipeline.yaml');
}

test.each(SERVICES)('%s has nothing in its main but what it is', (name) => {
  const text = readFileSync(join(import.meta.dirname, `../../${name}/src/main.ts`), 'utf8');
  expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(MAIN_LINES_MAX);
});

describe('without servers', () => {
  test('a service answers, waits, says for what, and ends when it is told', async () => {
    const settings = { ...NOWHERE, MILLRACE_PIPELINE: documentWith() };
    const service = await startService('validate', settings, 'listening');
    running.push(service);
    const alive = await fetch(`${service.url}/livez`);
    expect(alive.status).toBe(200);
    const ready = await fetch(`${service.url}/readyz`);
    expect(ready.status).toBe(503);
    const { reasons } = (await ready.json()) as { readonly reasons: readonly { readonly what: string }[] };
    expect(reasons.map(({ what }) => what)).toContain('Kafka');
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    expect(metrics).toMatch(/^millrace_ready\{pipeline="payments",service="validate"\} 0$/m);
    expect(await service.stop()).toBe(EXIT.ok);
  });

  test('every fault of the configuration is told at once, and ends it', async () => {
    const settings = { ...NOWHERE, MILLRACE_KAFKKA: 'x', MILLRACE_DRAIN: 'soon' };
    const started = startService('enrich', settings);
    await expect(started).rejects.toThrow(/ended with 2/);
    await expect(started).rejects.toThrow(/MILLRACE_PIPELINE is missing/);
    await expect(started).rejects.toThrow(/did you mean MILLRACE_KAFKA\?/);
    await expect(started).rejects.toThrow(/MILLRACE_DRAIN: "soon" is not a duration/);
  });

  test('a document with faults ends it', async () => {
    const document = documentWith({ 'event.amount > 0': 'event.amont > 0' });
    const settings = { ...NOWHERE, MILLRACE_PIPELINE: document };
    await expect(startService('validate', settings)).rejects.toThrow(/ended with 1 .*[\s\S]*amont/);
  });
});
