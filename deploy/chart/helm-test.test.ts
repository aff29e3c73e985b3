import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Cli, folderWith } from '@millrace/millrace/fixtures/cli';
import { CHART } from './values.ts';

const PATIENCE_SECONDS = '1';
const TOKEN = 'sesame';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** What `helm test` runs in a pod. */
async function run(script: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [new URL(`files/tests/${script}`, CHART).pathname, ...args], {
    env: { ...process.env, NODE_OPTIONS: '', ...env },
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
  }
  const [code] = await once(child, 'close');
  return { code: code as number, text };
}

describe('readiness', () => {
  /** A service that is not ready for the first `failures` times that it is asked. */
  async function service(failures: number): Promise<string> {
    let left = failures;
    const server = createServer((request, response) => {
      const ready = request.url === '/readyz' && left-- <= 0;
      response.writeHead(ready ? 200 : 503, { 'content-type': 'application/json' });
      const reasons = ready ? {} : { reasons: [{ what: 'Kafka', reason: 'no answer' }] };
      response.end(JSON.stringify({ service: 'validate', ...reasons }));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    cleanUps.push(() => server.close());
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  test('waits until every pod is ready', async () => {
    const { code, text } = await run('readiness.mjs', [await service(1), 'validate'], {
      PATIENCE_SECONDS: '30',
    });
    expect(text).toContain('validate at 127.0.0.1 is ready');
    expect(code).toBe(0);
  });

  test('tells why one is not, and which is not there', async () => {
    const place = await service(1_000);
    const { code, text } = await run('readiness.mjs', [place, 'validate', 'route'], { PATIENCE_SECONDS });
    expect(text).toMatch(/validate at 127\.0\.0\.1: .*Kafka.*no answer/);
    expect(text).toMatch(/route: no pod of it answers/);
    expect(code).toBe(1);
  });

  test('tells that a name is not known', async () => {
    const { code, text } = await run('readiness.mjs', ['nowhere.invalid:1', 'route'], { PATIENCE_SECONDS });
    expect(text).toContain('nowhere.invalid is not known');
    expect(code).toBe(1);
  });
});

describe('event', () => {
  const document = `pipeline: orders
lanes: 1
event: { schema: ./order.avsc, time: event.at }
secrets: [token]
sources: { api: { http: { auth: "secret:token" } } }
`;
  const schema = {
    type: 'record',
    name: 'Order',
    fields: [{ name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } }],
  };

  async function pipeline() {
    const folder = folderWith({
      'pipeline.yaml': document,
      'order.avsc': JSON.stringify(schema),
      token: TOKEN,
    });
    const cli = new Cli(['run', 'pipeline.yaml', '--port', '0'], folder.path, {
      MILLRACE_SECRET_TOKEN: TOKEN,
    });
    cleanUps.push(folder.remove, () => cli.kill('SIGKILL'));
    return { url: await cli.url(), token: join(folder.path, 'token') };
  }

  test('goes through the pipeline', async () => {
    const { url, token } = await pipeline();
    const { code, text } = await run('event.mjs', [url, url, 'orders'], { TOKEN_FILE: token });
    expect(text).toContain('serve counts it as done');
    expect(code).toBe(0);
  });

  test('is not sent without the token that it needs', async () => {
    const { url } = await pipeline();
    const { code, text } = await run('event.mjs', [url, url, 'orders']);
    expect(text).toContain('wants a token: tests.token');
    expect(code).toBe(1);
  });

  test('a service that does not answer is named', async () => {
    const { code, text } = await run('event.mjs', ['http://127.0.0.1:1', 'http://127.0.0.1:1', 'orders']);
    expect(text).toMatch(/http:\/\/127\.0\.0\.1:1\/\S+ does not answer/);
    expect(code).toBe(1);
  });
});
