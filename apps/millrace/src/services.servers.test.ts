import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { PipelineStatus, Status } from '@millrace/lanes/status';
import type { ServiceName } from '@millrace/service/configuration/settings';
import { EXIT } from '@millrace/service/exit-codes';
import {
  type ServiceProcess,
  serversFromEnvironment,
  startService,
} from '@millrace/service/fixtures/service-process';
import { eventually } from '@millrace/testkit/eventually';
import { Cli, folderWith } from './fixtures/cli.ts';
import { payment, paymentFiles } from './fixtures/payments.ts';

const NAMES: readonly ServiceName[] = ['ingest', 'validate', 'enrich', 'aggregate', 'route', 'serve'];
const PATIENCE_MS = 90_000;
const MINUTE_MS = 60_000;

const pipeline = `s${randomBytes(4).toString('hex')}`;
const files = paymentFiles({
  'pipeline: payments': `pipeline: ${pipeline}`,
  'topic: alarms': `topic: ${pipeline}.alarms`,
});
const folder = folderWith(files);
const document = join(folder.path, 'pipeline.yaml');
const services = new Map<ServiceName, ServiceProcess>();
const others: ServiceProcess[] = [];
let settings: Record<string, string> = {};

beforeAll(async () => {
  settings = {
    ...serversFromEnvironment(),
    MILLRACE_PIPELINE: document,
    MILLRACE_CASSANDRA_KEYSPACE: 'services_test',
  };
  const started = await Promise.all(NAMES.map((name) => startService(name, settings)));
  for (const service of started) services.set(service.name, service);
}, PATIENCE_MS);

afterAll(async () => {
  await Promise.all([...services.values(), ...others].map((service) => service.kill()));
  folder.remove();
});

const urlOf = (name: ServiceName): string => services.get(name)!.url;

async function send(events: readonly object[]): Promise<void> {
  const response = await fetch(`${urlOf('ingest')}/v1/pipelines/${pipeline}/events/api`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: events.map((event) => JSON.stringify(event)).join('\n'),
  });
  expect(response.status).toBe(202);
}

async function status(): Promise<PipelineStatus> {
  const { pipelines } = (await (await fetch(`${urlOf('serve')}/v1/status`)).json()) as Status;
  return pipelines[0]!;
}

async function rows(path: string): Promise<readonly Record<string, unknown>[]> {
  const response = await fetch(`${urlOf('serve')}/v1/pipelines/${pipeline}/${path}`);
  expect(response.status).toBe(200);
  return ((await response.json()) as { readonly rows: readonly Record<string, unknown>[] }).rows;
}

async function allThrough(events: number): Promise<void> {
  await eventually(
    `all of ${events} events have an outcome`,
    async () => {
      const { audit } = await status();
      return audit.events === events && audit.inFlight === 0 && audit.balanced;
    },
    PATIENCE_MS,
  );
}

test(
  'events go through six processes to the page’s API, live and stored, and every one is accounted for',
  async () => {
    const start = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - 10 * MINUTE_MS;
    const stream = await fetch(`${urlOf('serve')}/v1/pipelines/${pipeline}/stream`);
    const live = collect(stream);
    const good = Array.from({ length: 200 }, (_, i) =>
      payment(`p${i}`, { card: `c${i % 10}`, amount: 10, paid_at: start + i }),
    );
    const bad = payment('bad', { card: 'c1', amount: -1, paid_at: start });
    await send([...good, bad]);
    // The second time they are known.
    await send(good.slice(0, 50));
    await allThrough(251);
    expect((await status()).audit).toMatchObject({ processed: 200, rejected: 1, duplicate: 50 });
    const runningNames = async () =>
      (await status()).services.filter(({ state }) => state === 'running').map(({ service }) => service);
    await eventually(
      'all six are heard of',
      async () => (await runningNames()).sort().join() === [...NAMES].sort().join(),
      PATIENCE_MS,
    );
    await eventually(
      'windows are stored',
      async () => (await rows('windows/per_card')).length === 10,
      PATIENCE_MS,
    );
    for (const { values } of await rows('windows/per_card')) {
      expect(values).toEqual({ payments: 20, total: 200, twice: 400 });
    }
    await eventually('windows are shown live', () => live.text.includes('event: windows'), PATIENCE_MS);
    live.end();
  },
  2 * PATIENCE_MS,
);

test(
  'a dead letter is replayed over the log, and refused once more',
  async () => {
    const [letter] = await rows('deadletters');
    expect(letter).toMatchObject({ id: 'bad/validate/0', code: 'rule:positive' });
    const cli = new Cli(['deadletters', 'replay', 'bad/validate/0', '--url', urlOf('serve')], folder.path);
    expect((await cli.ended).stdout).toContain('1 replayed');
    const ids = async () => (await rows('deadletters')).map(({ id }) => id);
    await eventually(
      'it is there as the next attempt',
      async () => (await ids())[0] === 'bad/validate/1',
      PATIENCE_MS,
    );
    expect(await ids()).toEqual(['bad/validate/1']);
    await allThrough(252);
  },
  2 * PATIENCE_MS,
);

test(
  'the topics that there are can be read',
  async () => {
    const response = await fetch(`${urlOf('serve')}/v1/pipelines/${pipeline}/topics/nothing`);
    const { error } = (await response.json()) as { readonly error: { readonly message: string } };
    expect(response.status).toBe(404);
    expect(error.message).toMatch(new RegExp(`raw, .*deadletters, ${pipeline}\\.alarms`));
    const tail = new Cli(
      ['tail', 'windows', '--from', 'start', '--limit', '1', '--url', urlOf('serve')],
      folder.path,
    );
    expect(JSON.parse((await tail.ended).stdout)).toMatchObject({ lane: 0, content: { kind: 'window' } });
  },
  PATIENCE_MS,
);

test(
  'a second validate takes lanes, and gives them back when it drains',
  async () => {
    const second = await startService('validate', settings);
    others.push(second);
    const lanesOf = async () =>
      (await status()).services.filter(({ service, state }) => service === 'validate' && state === 'running');
    await eventually(
      'each has a lane',
      async () => (await lanesOf()).filter(({ lanes }) => lanes === 1).length === 2,
      PATIENCE_MS,
    );
    expect(await second.stop()).toBe(EXIT.ok);
    await eventually(
      'the first has both',
      async () => (await lanesOf()).some(({ lanes }) => lanes === 2),
      PATIENCE_MS,
    );
  },
  2 * PATIENCE_MS,
);

test(
  'SIGTERM drains each of them',
  async () => {
    const codes = await Promise.all(
      [...services.values()].map(async (service) => [service.name, await service.stop()]),
    );
    expect(Object.fromEntries(codes)).toEqual(Object.fromEntries(NAMES.map((name) => [name, EXIT.ok])));
    for (const { log } of services.values()) {
      expect(log.at(-1)).toMatchObject({ msg: 'drained' });
      expect(log.filter(({ level }) => level === 'error' || level === 'none')).toEqual([]);
    }
  },
  PATIENCE_MS,
);

function collect(response: Response): { readonly text: string; end(): void } {
  const over = new AbortController();
  const collected = { text: '', end: () => over.abort() };
  void (async () => {
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    over.signal.addEventListener('abort', () => void reader.cancel());
    for (let part = await reader.read(); !part.done; part = await reader.read()) collected.text += part.value;
  })();
  return collected;
}
