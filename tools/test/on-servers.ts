import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { artifactFolder, isFetched } from '../servers/artifacts.ts';
import { ProgramsMissing, type Servers, startServers } from '../servers/servers.ts';
import { ON_SERVERS, writeCounts } from './counts.ts';

const PATTERN = '**/*.servers.test.ts';
const NOT_OURS = new Set(['node_modules', '.nx', '.git', 'tmp']);

/** Those that need real servers, below the given paths; all of them where none is given. */
export function serverTests(root: string, paths: readonly string[] = []): string[] {
  const all = globSync(PATTERN, { cwd: root, exclude: (path) => NOT_OURS.has(path.split('/').at(-1)!) });
  if (paths.length === 0) return all.sort();
  return all
    .filter((file) => paths.some((path) => `${file}/`.startsWith(`${path.replace(/\/$/, '')}/`)))
    .sort();
}

export interface ServerRun {
  code: number;
  /** What the reader must not miss. */
  note?: string;
}

/**
 * Starts the servers once and runs the files on them, and leaves their counts. Where this machine can't, they count
 * as skipped; as failed where `mustRun`.
 */
export async function runOnServers(root: string, files: string[], mustRun: boolean): Promise<ServerRun> {
  let servers: Servers;
  try {
    servers = await startServers({ given: process.env, progress: (line) => console.log(`servers: ${line}`) });
  } catch (error) {
    return refuse(root, files, error as Error, mustRun);
  }
  try {
    return { code: await jest(root, files, servers.environment) };
  } finally {
    await servers.stop();
  }
}

function refuse(root: string, files: string[], error: Error, mustRun: boolean): ServerRun {
  const tests = files.length === 1 ? '1 file of tests' : `${files.length} files of tests`;
  const canSkip = error instanceof ProgramsMissing && !mustRun;
  const counts = { passed: 0, failed: 0, skipped: 0, seconds: 0 };
  counts[canSkip ? 'skipped' : 'failed'] = files.length;
  writeCounts(root, ON_SERVERS, counts);
  const note = canSkip
    ? `SKIPPED: ${tests} on real servers (Kafka, registry, Redis, Cassandra), since they are ${error.message}.`
    : `FAILED: ${tests} on real servers: ${error.message}.`;
  return { code: canSkip ? 0 : 1, note };
}

function jest(root: string, files: string[], addresses: Readonly<Record<string, string>>): Promise<number> {
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    ...addresses,
    TEST_COUNTS_PATH: join(root, 'tmp/test', `${ON_SERVERS}.json`),
  };
  // It takes minutes to build: only who has asked for it has it.
  if (isFetched('jaeger')) env.JAEGER_BIN = join(artifactFolder('jaeger'), 'jaeger');
  const child = spawn(process.execPath, ['tools/jest.mjs', '--servers', ...files], {
    cwd: root,
    stdio: 'inherit',
    env,
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}
