import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * A text that no other process of this machine has until it starts again: the id with the start time that the
 * system keeps for it. Ids alone are given to others as soon as they are free.
 * @returns null where no such process runs
 */
export function identify(pid: number): string | null {
  const started = process.platform === 'linux' ? startFromKernel(pid) : startFromList(pid);
  return started === null ? null : `${pid} ${started}`;
}

/** Sends the signal only to the very process that was identified. @returns false where that one is gone */
export function signalExactly(identity: string, signal: NodeJS.Signals): boolean {
  const pid = Number.parseInt(identity, 10);
  if (identify(pid) !== identity) return false;
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** Ticks since the machine started: field 22 of proc(5)'s stat, counted behind the name, which may hold anything. */
function startFromKernel(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state] = fields;
    return state === 'Z' || state === 'X' ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}

function startFromList(pid: number): string | null {
  try {
    const started = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    return started === '' ? null : started;
  } catch {
    return null;
  }
}
