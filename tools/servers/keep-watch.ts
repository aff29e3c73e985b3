// Ends the processes that its parent told it of as soon as the parent is gone, however it went, and then removes the
// folders it was told of. Lines on its input: `end PID START`, `remove FOLDER`; the end of the input is the signal.
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { identify, signalExactly } from './process-identity.ts';

const POLL_MS = 20;
const PATIENCE_MS = 10_000;

const identities = new Set<string>();
const folders = new Set<string>();
for await (const line of createInterface({ input: process.stdin })) {
  const [verb, ...rest] = line.split(' ');
  (verb === 'end' ? identities : folders).add(rest.join(' '));
}
for (const identity of identities) signalExactly(identity, 'SIGKILL');
const deadline = performance.now() + PATIENCE_MS;
while (performance.now() < deadline && [...identities].some(isRunning)) await sleep(POLL_MS);
for (const folder of folders) rmSync(folder, { recursive: true, force: true });

function isRunning(identity: string): boolean {
  return identify(Number.parseInt(identity, 10)) === identity;
}
