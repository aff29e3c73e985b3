import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Below the range from which systems take ports for outgoing connections: a server that is down keeps its port. */
const FIRST = 20_000;
const LAST = 32_000;
const TRIES = 200;
const POLL_MS = 50;
const RECORD = 'ports.json';

/** Another process listens where a server should. */
export class PortTaken extends Error {}

/** Different ports of 127.0.0.1 that nothing listened on a moment ago. */
export async function freePorts(count: number): Promise<number[]> {
  const found = new Set<number>();
  for (let tried = 0; found.size < count; tried += 1) {
    if (tried > TRIES) throw new Error(`no ${count} free ports between ${FIRST} and ${LAST} on 127.0.0.1`);
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    if (!found.has(port) && (await isFree(port))) found.add(port);
  }
  return [...found];
}

/** This one, or another where it is taken. */
export async function firstFree(port: number): Promise<number> {
  return (await isFree(port)) ? port : (await freePorts(1))[0]!;
}

/** Those that the folder's server had before, else free ones, which it then keeps. */
export async function portsFor(folder: string, count: number): Promise<number[]> {
  const path = join(folder, RECORD);
  let ports: number[] = [];
  try {
    ports = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    // The folder is new.
  }
  if (ports.length === count) return ports;
  ports = await freePorts(count);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path, JSON.stringify(ports));
  return ports;
}

export function forgetPorts(folder: string): void {
  rmSync(join(folder, RECORD), { force: true });
}

/** A process that has just been killed may hold its port a moment longer. @throws Error when it stays taken */
export async function untilFree(port: number, patienceMs: number): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!(await isFree(port))) {
    if (performance.now() > deadline) {
      throw new PortTaken(
        `port ${port} on 127.0.0.1 is taken by another process: end that one, and start again`,
      );
    }
    await sleep(POLL_MS);
  }
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  try {
    probe.listen({ port, host: '127.0.0.1', exclusive: true });
    await once(probe, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    if (probe.listening) await new Promise((resolve) => probe.close(resolve));
  }
}
