import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { type Containers, missingOf, spawned } from './containers.ts';

const RELEASE = 'bookworm';
const DOCKERFILE = join(import.meta.dirname, '../Dockerfile');

/** The image that the Dockerfile starts from. */
export function baseName(): string {
  const found = /^ARG BASE=(\S+)$/m.exec(readFileSync(DOCKERFILE, 'utf8'))?.[1];
  if (found === undefined) throw new Error('the Dockerfile has no ARG BASE');
  return found;
}

/**
 * Makes an image of the base's name from Debian's packages and the Node and npm that run this, for where none can be
 * pulled: the same release and the same version of Node, but not the published image.
 */
export async function makeBase(folder: string, { buildah, podman, limits }: Containers): Promise<void> {
  const root = join(folder, 'base');
  if (!existsSync(root)) {
    const half = `${root}.half`;
    rmSync(half, { recursive: true, force: true });
    await spawned('debootstrap', ['--variant=minbase', RELEASE, half]);
    rmSync(join(half, 'var/cache/apt'), { recursive: true });
    rmSync(join(half, 'var/lib/apt/lists'), { recursive: true });
    addNode(half);
    renameSync(half, root);
  }
  await buildah('from', '--name', 'base', ...limits, 'scratch');
  await buildah('add', '--quiet', 'base', root, '/');
  const settings = Object.entries(environment()).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
  await buildah('config', ...settings, '--cmd', 'node', 'base');
  await buildah('commit', '--quiet', '--rm', 'base', `docker.io/library/${baseName()}`);
  await podman('image', 'exists', `docker.io/library/${baseName()}`);
}

const AUTHORITIES = '/etc/authorities.pem';

/** With what npm here needs to reach its registry. */
function environment(): Readonly<Record<string, string>> {
  const registry = process.env.npm_config_registry ?? process.env.NPM_CONFIG_REGISTRY;
  return {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    ...(registry === undefined ? {} : { npm_config_registry: registry }),
    ...(process.env.NODE_EXTRA_CA_CERTS === undefined ? {} : { NODE_EXTRA_CA_CERTS: AUTHORITIES }),
  };
}

function addNode(root: string): void {
  const bin = join(root, 'usr/local/bin');
  const modules = join(root, 'usr/local/lib/node_modules');
  mkdirSync(bin, { recursive: true });
  mkdirSync(modules, { recursive: true });
  const authorities = process.env.NODE_EXTRA_CA_CERTS;
  if (authorities !== undefined) cpSync(authorities, join(root, AUTHORITIES), { dereference: true });
  cpSync(process.execPath, join(bin, 'node'));
  cpSync(npmFolder(), join(modules, 'npm'), { recursive: true });
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(bin, 'npm'));
}

function npmFolder(): string {
  if (missingOf(['npm']).length > 0) throw new Error('there is no npm on the PATH');
  const folder = process.env.PATH!.split(delimiter).find((each) => existsSync(join(each, 'npm')))!;
  return dirname(dirname(realpathSync(join(folder, 'npm'))));
}
