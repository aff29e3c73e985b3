import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { imageOf, TARGETS } from './build.ts';
import type { Containers } from './containers.ts';
import { baseName } from './stand-in-base.ts';

const REPOSITORY = join(import.meta.dirname, '../..');
const DOCUMENT = '/etc/millrace/pipeline.yaml';
const DEADLINE_MS = 60_000;
const POLL_MS = 200;
const STOP_SECONDS = 30;
const USER = 65_532;
const MIB = 1024 * 1024;
/** Where nothing listens. */
const NOWHERE = {
  MILLRACE_PIPELINE: DOCUMENT,
  MILLRACE_KAFKA: '127.0.0.1:1',
  MILLRACE_REGISTRY: 'http://127.0.0.1:1',
  MILLRACE_REDIS: 'redis://127.0.0.1:1',
  MILLRACE_CASSANDRA: '127.0.0.1:1',
};

/** As the chart runs it: nothing of the root can be written, no capabilities, only /tmp is a disk. */
function runArguments({ limits }: Containers, bundle: string): readonly string[] {
  const locked = ['--read-only', '--cap-drop', 'all', '--security-opt', 'no-new-privileges'];
  return [
    ...locked,
    '--network',
    'host',
    '--pull',
    'never',
    ...limits,
    '--volume',
    `${bundle}:${DOCUMENT}:ro`,
  ];
}

/** A service without any server lives, says why it isn't ready, and ends when it is told. */
export async function checkService(target: string, containers: Containers): Promise<string> {
  const { podman } = containers;
  const port = await freePort();
  return withBundle(async (bundle) => {
    const settings = Object.entries({
      ...NOWHERE,
      MILLRACE_PORT: String(port),
      MILLRACE_SECRET_INGEST_TOKEN: 'demo',
    });
    const environment = settings.flatMap(([name, value]) => ['--env', `${name}=${value}`]);
    const started = performance.now();
    await podman(
      'run',
      '--detach',
      '--name',
      target,
      ...environment,
      ...runArguments(containers, bundle),
      imageOf(target),
    );
    const url = `http://127.0.0.1:${port}`;
    await answering(`${url}/livez`, () => podman('logs', target));
    const seconds = (performance.now() - started) / 1_000;
    const waiting = await waitingFor(url);
    assert.equal(await podman('exec', target, 'id', '-u'), String(USER));
    await assert.rejects(podman('exec', target, 'touch', '/millrace/mine'), /Read-only file system/);
    await podman('stop', '--time', String(STOP_SECONDS), target);
    const code = await podman('inspect', '--format', '{{.State.ExitCode}}', target);
    assert.equal(code, '0', `it ended with ${code}`);
    return `alive after ${seconds.toFixed(1)} s; not ready: ${waiting}; ended with 0`;
  });
}

export async function checkCommandLine(target: string, containers: Containers): Promise<string> {
  return withBundle(async (bundle) => {
    const args = ['run', '--rm', ...runArguments(containers, bundle), imageOf(target)];
    const said = await containers.podman(...args, 'lint', DOCUMENT, '--no-files');
    assert.match(said, /payments, 2 sources/);
    // What the chart's Job says.
    const job = [
      'run',
      '--rm',
      ...runArguments(containers, bundle),
      '--entrypoint',
      '["node"]',
      imageOf(target),
    ];
    const help = await containers.podman(...job, 'apps/millrace/src/main.ts', 'provision', '--help');
    assert.match(help, /Usage: millrace provision/);
    return said;
  });
}

/** What the images add to the base, and that it is one layer for all of them. */
export async function sizes({ podman }: Containers): Promise<string> {
  const inspect = async (image: string): Promise<{ Size: number; RootFS: { Layers: readonly string[] } }> =>
    JSON.parse(await podman('image', 'inspect', image))[0];
  const base = await inspect(`docker.io/library/${baseName()}`);
  const images = await Promise.all(TARGETS.map((target) => inspect(imageOf(target))));
  const layers = new Set(images.flatMap(({ RootFS }) => RootFS.Layers));
  const own = [...layers].filter((layer) => !base.RootFS.Layers.includes(layer));
  assert.equal(own.length, 1, `${own.length} layers instead of one that all share`);
  const bytes = Math.max(...images.map(({ Size }) => Size)) - base.Size;
  return `${(bytes / MIB).toFixed(1)} MiB above the base, in one layer that all share (${own[0]!.slice(0, 19)})`;
}

async function withBundle<T>(act: (path: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-image-'));
  try {
    const path = join(folder, 'bundle.yaml');
    const main = join(REPOSITORY, 'apps/millrace/src/main.ts');
    const document = join(REPOSITORY, 'examples/payments/pipeline.yaml');
    execFileSync(process.execPath, [main, 'bundle', document, '-o', path], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    // The container's user is not the one who made it.
    execFileSync('chmod', ['-R', 'a+rX', folder]);
    return await act(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function answering(url: string, logs: () => Promise<string>): Promise<void> {
  const until = Date.now() + DEADLINE_MS;
  for (;;) {
    const response = await fetch(url).catch(() => null);
    if (response?.status === 200) return;
    if (Date.now() > until)
      throw new Error(`${url} has not answered 200 in ${DEADLINE_MS} ms: ${await logs()}`);
    await sleep(POLL_MS);
  }
}

interface Reasons {
  readonly reasons: readonly { readonly what: string; readonly reason: string }[];
}

/** What a service that isn't ready says that it lacks, beside that it has only begun. */
async function waitingFor(url: string): Promise<string> {
  const until = Date.now() + DEADLINE_MS;
  for (;;) {
    const response = await fetch(`${url}/readyz`);
    assert.equal(response.status, 503);
    const { reasons } = (await response.json()) as Reasons;
    const found = reasons.find(({ what }) => what !== 'start');
    if (found !== undefined) return `${found.what}: ${found.reason}`;
    assert.ok(Date.now() < until, `/readyz gives no reason but ${JSON.stringify(reasons)}`);
    await sleep(POLL_MS);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
