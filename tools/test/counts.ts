import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What count-reporter.mjs wrote about one project; `counts` is missing where its run ended before the report. */
export interface ProjectCounts {
  project: string;
  counts?: { passed: number; failed: number; skipped: number; seconds: number };
}

/** The row of the tests of all workspaces that need real servers. */
export const ON_SERVERS = 'on real servers';

const folder = 'tmp/test';

/** Earlier counts must not stand in for a project that doesn't get as far as writing its own. */
export function clearCounts(root: string): void {
  rmSync(join(root, folder), { recursive: true, force: true });
}

export function writeCounts(
  root: string,
  project: string,
  counts: NonNullable<ProjectCounts['counts']>,
): void {
  mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, folder, `${project}.json`), JSON.stringify(counts));
}

/** The counts of every workspace that has a `test` script, by name; those on servers at the end. */
export function readCounts(root: string): ProjectCounts[] {
  const { workspaces } = readJson(join(root, 'package.json')) as { workspaces: string[] };
  const manifests = globSync(
    workspaces.map((pattern) => `${pattern}/package.json`),
    { cwd: root },
  );
  const projects = manifests.flatMap((path) => {
    const manifest = readJson(join(root, path)) as { name: string; scripts?: { test?: string } };
    return manifest.scripts?.test ? [manifest.name] : [];
  });
  return [...projects.sort(), ON_SERVERS].map((project) => {
    const path = join(root, folder, `${project}.json`);
    return existsSync(path)
      ? { project, counts: readJson(path) as NonNullable<ProjectCounts['counts']> }
      : { project };
  });
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}
