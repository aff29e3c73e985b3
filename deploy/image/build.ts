import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Containers } from './containers.ts';

const REPOSITORY = join(import.meta.dirname, '../..');
const DOCKERFILE = join(REPOSITORY, 'deploy/Dockerfile');

/** Every image: the Dockerfile's targets that stand on `service`. */
export const TARGETS: readonly string[] = [
  ...readFileSync(DOCKERFILE, 'utf8').matchAll(/^FROM service AS (\S+)$/gm),
].map(([, name]) => name!);

/** A fixed time in the layers: the same files make the same layers. */
const REPRODUCIBLE = ['--timestamp', '0'];

/** Builds all targets as `localhost/millrace/TARGET:check`; nothing is pulled. */
export async function buildTargets({ buildah, limits }: Containers): Promise<void> {
  for (const target of TARGETS) {
    await buildah(
      'build',
      ...['--format', 'docker', '--isolation', 'chroot', '--network', 'host', '--pull-never', '--layers'],
      ...limits,
      ...REPRODUCIBLE,
      ...packageSettings(),
      ...['--file', DOCKERFILE, '--ignorefile', `${DOCKERFILE}.dockerignore`],
      ...['--target', target, '--tag', imageOf(target), REPOSITORY],
    );
  }
}

export const imageOf = (target: string): string => `localhost/millrace/${target}:check`;

/** npm in the build is set up as npm here is. */
function packageSettings(): readonly string[] {
  const npmrc = join(homedir(), '.npmrc');
  return existsSync(npmrc) ? ['--volume', `${npmrc}:/root/.npmrc:ro`] : [];
}
