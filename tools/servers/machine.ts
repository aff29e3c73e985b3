import { spawnSync } from 'node:child_process';
import { isFetched } from './artifacts.ts';
import type { Kind } from './server.ts';

const OLDEST_JAVA = 17;

/** What these servers need and this machine doesn't have, in words; empty where all is there. */
export function missingPrograms(kinds: readonly Kind[]): string[] {
  const missing: string[] = [];
  const onJava = kinds.filter((kind) => kind !== 'redis' && kind !== 'jaeger');
  if (onJava.length > 0) {
    const version = javaVersion();
    if (version === null) missing.push(`Java ${OLDEST_JAVA} or newer (java)`);
    else if (version < OLDEST_JAVA) missing.push(`Java ${OLDEST_JAVA} or newer (java is ${version})`);
  }
  if (onJava.some((kind) => !isFetched(kind)) && !runs('mvn', '--version')) missing.push('Maven (mvn)');
  if (kinds.includes('redis') && !runs('redis-server', '--version')) missing.push('Redis (redis-server)');
  if (kinds.includes('jaeger') && !isFetched('jaeger') && !runs('go', 'version')) missing.push('Go (go)');
  return missing;
}

function javaVersion(): number | null {
  const { status, stderr } = spawnSync('java', ['-version'], { encoding: 'utf8', env: process.env });
  const version = /version "(\d+)/.exec(stderr ?? '')?.[1];
  return status === 0 && version !== undefined ? Number(version) : null;
}

function runs(program: string, argument: string): boolean {
  return spawnSync(program, [argument], { stdio: 'ignore', env: process.env }).status === 0;
}
