import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Server } from '@millrace/tools/servers/server';

const LOOK_MS = 500;
/** What ends again and again has a reason that a start does not mend. */
const STARTS_MAX = 5;
const STEADY_MS = 60_000;

/**
 * Starts again what has ended, as a cluster's own supervisor does, until the signal.
 * Resolves once nothing is being started any more.
 */
export async function keepRunning(
  servers: readonly Server[],
  progress: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  await Promise.all(servers.map((server) => keepOne(server, progress, signal)));
}

async function keepOne(server: Server, progress: (line: string) => void, signal: AbortSignal): Promise<void> {
  for (let starts = 0; starts < STARTS_MAX; starts += 1) {
    const since = performance.now();
    while (!signal.aborted && !server.ended()) await sleep(LOOK_MS, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    if (performance.now() - since > STEADY_MS) starts = 0;
    progress(
      `${server.kind} has ended, and is started again. Its log, ${server.logPath}, ends with:\n  ${lastWords(server.logPath)}`,
    );
    try {
      await server.start();
      progress(`${server.kind} runs again`);
    } catch (error) {
      progress((error as Error).message);
    }
  }
  progress(
    `${server.kind} has ended ${STARTS_MAX} times, and is not started again: end all of it with Ctrl-C`,
  );
}

function lastWords(logPath: string): string {
  const line = readFileSync(logPath, 'utf8').trimEnd().split('\n').at(-1)!;
  try {
    return (JSON.parse(line) as { readonly msg: string }).msg;
  } catch {
    return line; // Of a server that writes no JSON.
  }
}
