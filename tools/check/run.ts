import { spawn } from 'node:child_process';
import type { StepResult } from './step.ts';

/** Runs a program to its end; exit code 0 passes. */
export function run(cwd: string, command: string, args: string[]): Promise<StepResult> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const collect = (chunk: string) => {
      output += chunk;
    };
    child.stdout.setEncoding('utf8').on('data', collect);
    child.stderr.setEncoding('utf8').on('data', collect);
    child.on('error', (error) => resolve({ outcome: 'failed', output: error.message }));
    child.on('close', (code, signal) => {
      if (signal) output += `\n${command} was ended by ${signal}`;
      resolve({ outcome: code === 0 ? 'passed' : 'failed', output });
    });
  });
}
