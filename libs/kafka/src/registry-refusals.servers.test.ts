import { randomBytes, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createSilentServer, type Server } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { SchemaIncompatible } from '@millrace/lanes/ports/registry';
import { registerSchemas } from '@millrace/lanes/record-schemas';
import { deriveSchemas } from '@millrace/pipeline/derived-schemas';
import type { AvroSchema } from '@millrace/pipeline/plan';
import { makeCertificates } from '@millrace/testkit/certificates';
import { givenRegistry } from './fixtures/given-registry.ts';
import { type Refuse, registryGateway } from './fixtures/registry-gateway.ts';
import { openRegistry, type RegistryOptions } from './registry.ts';
import { RegistryError } from './registry-api.ts';

const url = givenRegistry();
const SCHEMA: AvroSchema = { type: 'record', name: 'Known', fields: [{ name: 'a', type: 'int' }] };
const UNKNOWN_ID = 2 ** 31 - 9;
const TIMEOUT_MS = 60_000;

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

const warnings: object[] = [];
const logger = { info: () => {}, warn: (fields: object) => warnings.push(fields), error: () => {} };
const open = (options: Partial<RegistryOptions> = {}) => openRegistry({ url, logger, ...options });

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUps.push(() => server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `127.0.0.1:${address.port}`;
}

const gateway = (refuse: Refuse) => registryGateway(url, refuse);

const path = new URL(url).pathname;

async function refusal(running: Promise<unknown>): Promise<Error> {
  return running.then(
    () => new Error('it was taken'),
    (reason: Error) => reason,
  );
}

function planWith(pipeline: string, ...fields: readonly object[]) {
  const event = { type: 'record', name: 'Payment', fields: [{ name: 'id', type: 'string' }, ...fields] };
  return { pipeline, schemas: deriveSchemas({ pipeline, event, enrich: [], tables: [], windows: [] }) };
}

test(
  'an event schema that can not read what was written is refused before anything is read, by field',
  async () => {
    const pipeline = `t${randomBytes(5).toString('hex')}`;
    const amount = { name: 'amount', type: 'double' };
    await registerSchemas(open(), planWith(pipeline, amount));
    const note = { name: 'note', type: 'string' };
    const added = await refusal(registerSchemas(open(), planWith(pipeline, amount, note)));
    expect(added).toBeInstanceOf(SchemaIncompatible);
    expect(added.message).toBe(
      `The new schema of millrace.${pipeline}.Validated can't read what was written before: event.note: is new and has no default. Give added fields a default, and keep names and types of those that stay; or start anew under another pipeline name.`,
    );
    const changed = await refusal(registerSchemas(open(), planWith(pipeline, { ...amount, type: 'string' })));
    expect(changed.message).toContain('event.amount: was double, is string');
    // As it was, and with what may be added.
    await registerSchemas(open(), planWith(pipeline, amount));
    await registerSchemas(open(), planWith(pipeline, amount, { ...note, default: '' }));
  },
  TIMEOUT_MS,
);

test(
  'processes that register at once agree on the id and on the compatibility',
  async () => {
    const subject = `race.${randomUUID()}`;
    const ids = await Promise.all(Array.from({ length: 12 }, () => open().register(subject, SCHEMA)));
    expect(new Set(ids).size).toBe(1);
    const config = await fetch(`${url}/config/${subject}`);
    expect(await config.json()).toEqual({ compatibilityLevel: 'BACKWARD' });
  },
  TIMEOUT_MS,
);

test('a stricter compatibility stays, a weaker one is set right and said', async () => {
  const subject = `level.${randomUUID()}`;
  await open().register(subject, SCHEMA);
  const level = async (compatibility: string) => {
    await fetch(`${url}/config/${subject}`, {
      method: 'PUT',
      body: JSON.stringify({ compatibility }),
      headers: { 'content-type': 'application/json' },
    });
  };
  const stored = async () => (await fetch(`${url}/config/${subject}`)).json();
  const more = (name: string): AvroSchema => ({
    type: 'record',
    name: 'Known',
    fields: [
      { name: 'a', type: 'int' },
      { name, type: 'int', default: 0 },
    ],
  });
  await level('FULL');
  await open().register(subject, more('b'));
  expect(await stored()).toEqual({ compatibilityLevel: 'FULL' });
  await level('NONE');
  await open().register(subject, more('c'));
  expect(await stored()).toEqual({ compatibilityLevel: 'BACKWARD' });
  expect(warnings).toContainEqual({ subject, level: 'NONE' });
});

test('nobody there, and nobody who answers, is no verdict, within a bound', async () => {
  const gone = open({ url: 'http://127.0.0.1:1' });
  const silent = open({ url: `http://${await listen(createSilentServer())}` });
  const down = open({ url: `http://${await listen(createServer(gateway(() => 503)))}${path}` });
  for (const registry of [gone, silent, down]) {
    const error = await refusal(registry.schema(UNKNOWN_ID));
    expect(error).toBeInstanceOf(RegistryError);
    expect(error).toMatchObject({ passing: true });
    expect(error.message).toMatch(/^the schema registry http:\S+ does not answer: /);
  }
}, 90_000);

test('a gateway that says 404 for a registry that is down is no verdict', async () => {
  let down = true;
  const registry = open({
    url: `http://${await listen(createServer(gateway(() => (down ? 404 : null))))}${path}`,
  });
  const error = await refusal(registry.schema(UNKNOWN_ID));
  expect(error).toMatchObject({ name: 'RegistryError', passing: true });
  expect(error.message).toContain('is no schema registry');
  down = false;
  expect(await registry.schema(UNKNOWN_ID)).toBeNull();
});

test('what can not be an id is not asked for', async () => {
  const gone = open({ url: 'http://127.0.0.1:1' });
  expect(await gone.schema(2 ** 31)).toBeNull();
  expect(await gone.schema(0)).toBeNull();
});

test('a known schema is asked for once', async () => {
  let requests = 0;
  const counted = gateway(() => {
    requests++;
    return null;
  });
  const registry = open({ url: `http://${await listen(createServer(counted))}${path}` });
  const id = await registry.register(`once.${randomUUID()}`, SCHEMA);
  requests = 0;
  for (let i = 0; i < 3; i++) expect(await registry.schema(id)).toEqual(SCHEMA);
  expect(requests).toBe(1);
});

test('with user name and password; a wrong one is said, and never shown', async () => {
  const expected = `Basic ${Buffer.from('app:right').toString('base64')}`;
  const guarded = gateway((authorization) => (authorization === expected ? null : 401));
  const at = await listen(createServer(guarded));
  const username = 'app';
  const given = open({ url: `http://${at}${path}`, auth: { username, password: 'right' } });
  expect(await given.schema(UNKNOWN_ID)).toBeNull();
  const inUrl = open({ url: `http://app:right@${at}${path}` });
  expect(await inUrl.schema(UNKNOWN_ID)).toBeNull();
  const wrong = open({ url: `http://app:wrong-secret@${at}${path}` });
  const error = await refusal(wrong.register('x', SCHEMA));
  expect(error).toMatchObject({ name: 'RegistryError', passing: false });
  expect(error.message).toMatch(/refuses the user \(401\)/);
  expect(error.message).not.toContain('wrong-secret');
});

test('over TLS by the certificate of its authority, and by none but it', async () => {
  const { ca, key, cert, remove } = makeCertificates();
  cleanUps.push(remove);
  const at = await listen(
    createTlsServer(
      { key, cert },
      gateway(() => null),
    ),
  );
  expect(await open({ url: `https://${at}${path}`, ca }).schema(UNKNOWN_ID)).toBeNull();
  const error = await refusal(open({ url: `https://${at}${path}` }).schema(UNKNOWN_ID));
  expect(error).toMatchObject({ name: 'RegistryError', passing: false });
  expect(error.message).toMatch(/is not trusted: .*Set the certificate of its authority/);
});
