import { existsSync, globSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { withLock } from '../bootstrap/lock.mjs';
import { goBuild } from './go-build.ts';
import { mavenCopy } from './maven-copy.ts';
import type { Kind } from './server.ts';

/** Redis comes with the system. */
export type FetchedKind = Exclude<Kind, 'redis'>;

interface Artifact {
  name: string;
  version: string;
  /** @param folder an empty one; a folder that isn't filled is thrown away */
  fetch(folder: string, progress: (line: string) => void): Promise<void>;
}

/** The versions are those that maven/KIND.xml and jaeger/go.mod name. */
const artifacts: Record<FetchedKind, Artifact> = {
  kafka: { name: 'Kafka', version: '4.3.1', fetch: mavenCopy('kafka', 'dependency:copy-dependencies') },
  cassandra: {
    name: 'Cassandra',
    version: '5.0.9',
    fetch: mavenCopy('cassandra', 'dependency:copy-dependencies'),
  },
  registry: {
    name: 'the schema registry',
    version: '3.0.9',
    fetch: mavenCopy('registry', 'dependency:copy'),
  },
  jaeger: {
    name: 'Jaeger',
    version: '1.76.0',
    fetch: goBuild('jaeger', 'github.com/jaegertracing/jaeger/cmd/jaeger'),
  },
};

/** Where the files of a kind are or will be; of the user, since all checkouts share them. */
export function artifactFolder(kind: FetchedKind): string {
  return join(cacheFolder('servers'), `${kind}-${artifacts[kind].version}`);
}

export function cacheFolder(name: string): string {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(cache, 'millrace', name);
}

export function isFetched(kind: FetchedKind): boolean {
  return existsSync(artifactFolder(kind));
}

/**
 * Fetches what is missing; only the first time on a machine.
 * @throws Error that says what went wrong, in the words of the program that fetches
 */
export async function fetchArtifacts(
  kinds: readonly FetchedKind[],
  progress: (line: string) => void,
): Promise<void> {
  // One after another: Maven's own repository is not made for several at once.
  for (const kind of kinds) {
    const fetchOnce = async () => {
      if (!isFetched(kind)) await fetchOne(kind, progress);
    };
    if (!isFetched(kind)) await withLock('fetch', fetchOnce, join(artifactFolder(kind), '..'));
  }
}

async function fetchOne(kind: FetchedKind, progress: (line: string) => void): Promise<void> {
  const { name, version, fetch } = artifacts[kind];
  const folder = artifactFolder(kind);
  const place = join(folder, '..');
  for (const rest of globSync(`.${kind}-*`, { cwd: place })) {
    rmSync(join(place, rest), { recursive: true, force: true }); // Of a run that was killed.
  }
  const incoming = mkdtempSync(join(place, `.${kind}-`));
  const started = performance.now();
  try {
    progress(`fetching ${name} ${version}, this once`);
    await fetch(incoming, progress);
    // Only whole folders ever have the final name.
    renameSync(incoming, folder);
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    progress(`${name} ${version} is in ${folder} (${seconds} s)`);
  } finally {
    rmSync(incoming, { recursive: true, force: true });
  }
}
