import { spawn } from 'node:child_process';
import type { StepResult } from './step.ts';

const ANSWER_LIMIT_MS = 60_000;

/** Known security faults, high or worse, in what Millrace ships; skipped where the registry gives no answer. */
export async function audit(root: string): Promise<StepResult> {
  return judge(await askRegistry(root));
}

/** @param report what `npm audit --json` printed */
export function judge(report: string): StepResult {
  const answer = parse(report);
  const found = answer?.metadata?.vulnerabilities;
  if (!found) {
    const why = answer?.message ?? answer?.error?.summary ?? 'no answer in time';
    return { outcome: 'skipped', output: `NOT AUDITED: the npm registry gave no security report (${why})` };
  }
  if (found.high + found.critical === 0) return { outcome: 'passed', output: '' };
  const serious = Object.values(answer.vulnerabilities ?? {}).filter(({ severity }) =>
    /high|critical/.test(severity),
  );
  const lines = serious.map(({ name, severity, range }) => `${name} ${range}: ${severity}`);
  return { outcome: 'failed', output: [...lines, 'see npm audit --omit=dev'].join('\n') };
}

interface Report {
  message?: string;
  error?: { summary?: string };
  metadata?: { vulnerabilities: { high: number; critical: number } };
  vulnerabilities?: Record<string, { name: string; severity: string; range: string }>;
}

function parse(text: string): Report | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function askRegistry(root: string): Promise<string> {
  const args = ['audit', '--omit=dev', '--json', '--fetch-retries=0'];
  return new Promise((resolve) => {
    const child = spawn('npm', args, {
      cwd: root,
      shell: process.platform === 'win32',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: ANSWER_LIMIT_MS,
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
    child.on('error', () => resolve(''));
    child.on('close', () => resolve(output));
  });
}
