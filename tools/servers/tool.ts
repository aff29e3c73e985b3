import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const LAST_LINES = 40;

/**
 * Runs a program to its end.
 * @param heard is called with every line that it prints
 * @throws Error with the command and the last lines, where it fails
 */
export async function runTool(
  command: readonly [string, ...string[]],
  heard: (line: string) => void,
  env: NodeJS.ProcessEnv = process.env,
): Promise<void> {
  const [program, ...args] = command;
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
  const last: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      heard(line);
      last.push(line);
      if (last.length > LAST_LINES) last.shift();
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (code !== 0) throw new Error(`${command.join(' ')} failed (exit code ${code}):\n${last.join('\n')}`);
}
