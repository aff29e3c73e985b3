// Builds every target of the Dockerfile on a stand-in base, without a registry of images, and runs each with a
// read-only root: `npm run test:image`. Root, buildah, podman, runc and debootstrap are wanted; where one is missing
// it says so and skips. Its last line is the sum.
import { mkdirSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { buildTargets, TARGETS } from './build.ts';
import { checkCommandLine, checkService, sizes } from './checks.ts';
import { missingOf, openContainers } from './containers.ts';
import { makeBase } from './stand-in-base.ts';

const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'millrace/image');
const missing = [
  ...missingOf(['buildah', 'podman', 'runc', 'debootstrap']),
  ...(process.getuid?.() === 0 ? [] : ['root']),
];
if (missing.length > 0) {
  console.log(`SKIPPED: no image was built or run: there is no ${missing.join(', ')}`);
  console.log(`0 passed, 0 failed, ${TARGETS.length} skipped`);
  process.exit(0);
}

mkdirSync(folder, { recursive: true });
const containers = openContainers(folder);
let passed = 0;
let failed = 0;
async function check(name: string, act: () => Promise<string>): Promise<void> {
  try {
    console.log(`✓ ${name}: ${await act()}`);
    passed++;
  } catch (error) {
    console.log(`✗ ${name}: ${(error as Error).message}`);
    failed++;
  }
}
try {
  await makeBase(folder, containers);
  await buildTargets(containers);
  for (const target of TARGETS) {
    const run = target === 'millrace' ? checkCommandLine : checkService;
    await check(target, () => run(target, containers));
  }
  await check('sizes', () => sizes(containers));
} catch (error) {
  console.log(`✗ ${(error as Error).message}`);
  failed++;
} finally {
  await containers.podman('rm', '--all', '--force', '--time', '1').catch(() => '');
  for (const part of ['store', 'run'])
    rmSync(join(folder, part), { recursive: true, force: true, maxRetries: 3 });
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
