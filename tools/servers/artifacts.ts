import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { withLock } from '../bootstrap/lock.mjs';
import type { Kind } from './server.ts';

export type JavaKind = Exclude<Kind, 'redis'>;

/** The versions here are those of maven/KIND.xml; what comes must be what maven/KIND.sha256 lists. */
const artifacts: Record<JavaKind, { name: string; version: string; goal: string; archive?: string }> = {
  kafka: { name: 'Kafka', version: '4.3.1', goal: 'dependency:copy-dependencies' },
  cassandra: { name: 'Cassandra', version: '5.0.9', goal: 'dependency:copy-dependencies' },
  registry: {
    name: 'schema registry',
    version: '3.0.9',
    goal: 'dependency:copy',
    archive: 'apicurio-registry-app-3.0.9-all.tar.gz',
  },
};

const PROGRESS_MS = 3_000;
const ERROR_LINES = 15;

/** Where the jars of a kind are or will be; of the user, since all checkouts share them. */
export function artifactFolder(kind: JavaKind): string {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(cache, 'millrace', 'servers', `${kind}-${artifacts[kind].version}`);
}

export function isFetched(kind: JavaKind): boolean {
  return existsSync(artifactFolder(kind));
}

/**
 * Fetches what is missing through Maven, whose settings say from where; only the first time on a machine.
 * @throws Error that says what Maven said, or which file is not the one that was pinned
 */
export async function fetchArtifacts(
  kinds: readonly JavaKind[],
  progress: (line: string) => void,
): Promise<void> {
  // One after another: Maven's own repository is not made for several at once.
  for (const kind of kinds) {
    if (isFetched(kind)) continue;
    const folder = artifactFolder(kind);
    const parent = join(folder, '..');
    const fetchOnce = async () => {
      if (!isFetched(kind)) await fetchOne(kind, folder, parent, progress);
    };
    await withLock('fetch', fetchOnce, parent);
  }
}

async function fetchOne(
  kind: JavaKind,
  folder: string,
  parent: string,
  progress: (line: string) => void,
): Promise<void> {
  const { name, version, goal, archive } = artifacts[kind];
  mkdirSync(parent, { recursive: true });
  const incoming = mkdtempSync(join(parent, `.${kind}-`));
  const started = performance.now();
  try {
    progress(`fetching ${name} ${version} through Maven, this once`);
    await maven(
      ['-f', pinned(kind, 'xml'), goal, '-DincludeScope=runtime', `-DoutputDirectory=${incoming}`],
      (files) => progress(`fetching ${name}: ${files} files so far`),
    );
    verify(kind, incoming);
    if (archive) unpack(join(incoming, archive), incoming);
    // Only whole folders ever have the final name.
    renameSync(incoming, folder);
    progress(`${name} ${version} is in ${folder} (${((performance.now() - started) / 1000).toFixed(0)} s)`);
  } finally {
    rmSync(incoming, { recursive: true, force: true });
  }
}

async function maven(args: string[], progress: (files: number) => void): Promise<void> {
  const child = spawn('mvn', ['--batch-mode', '--strict-checksums', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  let files = 0;
  const timer = setInterval(() => files > 0 && progress(files), PROGRESS_MS);
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      if (line.includes('Downloaded from')) files += 1;
      else if (!line.includes('Downloading from')) lines.push(line);
    });
  }
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    });
    if (code === 0) return;
    const said = lines.filter((line) => line.startsWith('[ERROR]')).slice(0, ERROR_LINES);
    throw new Error(`mvn ${args.join(' ')} failed (exit code ${code}):\n${said.join('\n')}`);
  } finally {
    clearInterval(timer);
  }
}

function verify(kind: JavaKind, folder: string): void {
  const wanted = readFileSync(pinned(kind, 'sha256'), 'utf8').trimEnd().split('\n').sort();
  const found = readdirSync(folder)
    .map(
      (name) =>
        `${createHash('sha256')
          .update(readFileSync(join(folder, name)))
          .digest('hex')}  ${name}`,
    )
    .sort();
  const wrong = [
    ...found.filter((line) => !wanted.includes(line)).map((line) => `came: ${line}`),
    ...wanted.filter((line) => !found.includes(line)).map((line) => `pinned: ${line}`),
  ];
  if (wrong.length > 0) {
    throw new Error(`what Maven brought is not what ${pinned(kind, 'sha256')} lists:\n${wrong.join('\n')}`);
  }
}

function unpack(archive: string, folder: string): void {
  const { status, stderr } = spawnSync('tar', ['-xzf', archive, '-C', folder], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${archive} can't be unpacked: ${stderr}`);
  rmSync(archive);
}

function pinned(kind: JavaKind, ending: 'xml' | 'sha256'): string {
  return join(import.meta.dirname, 'maven', `${kind}.${ending}`);
}
