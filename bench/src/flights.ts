import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { catalogue } from '@millrace/millrace/catalogue';
import { type RunningPipeline, startPipeline } from '@millrace/millrace/start-pipeline';
import { compile } from '@millrace/pipeline/compile';
import type { Plan } from '@millrace/pipeline/plan';
import { report } from './figure.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
const SILENT = { info: () => {}, warn: () => {}, error: () => {} };

/**
 * The flights pipeline, embedded, from one large file as fast as it goes; results durable. Figures: events per
 * CPU-second of the whole process (all threads), the second half's CPU against the first's, anonymous memory.
 */
export async function benchFlights(events: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  try {
    const input = join(folder, 'flights.json');
    // In a process of its own: what it allocates is not the pipeline's.
    execFileSync(process.execPath, [MAIN, '--write-flights', input, '--events', String(events)]);
    await measure(flightsPlan(input), join(folder, 'data'), events);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function flightsPlan(input: string): Plan {
  const path = fileURLToPath(new URL('../../examples/flights/pipeline.yaml', import.meta.url));
  const text = readFileSync(path, 'utf8')
    .replace(/path: .*flights-20k\.json/, `path: ${input}`)
    .replace(/\n *pace: .*/, '')
    .replace(/\n *api:\n *http: \{\}/, '');
  const { plan, faults } = compile({ path, text, load: (file) => readFileSync(file, 'utf8'), catalogue });
  if (plan === null) throw new Error(JSON.stringify(faults));
  return plan;
}

async function measure(plan: Plan, folder: string, events: number): Promise<void> {
  const started = process.cpuUsage();
  const startedMs = performance.now();
  const pipeline = await startPipeline({
    plan,
    folder,
    logger: SILENT,
    env: {},
    stdout: { write: () => {} },
  });
  const watch = watching(pipeline, events);
  await Promise.race([pipeline.sourcesDone, pipeline.finished]);
  const { audit } = pipeline.status();
  await pipeline.close();
  const { halfCpuS, peakAnonymousMiB } = watch.stop();
  const cpuS = seconds(process.cpuUsage(started));
  const wallS = (performance.now() - startedMs) / 1000;
  if (audit.processed !== events) throw new Error(`${audit.processed} of ${events} events processed`);
  report({
    bench: 'flights',
    figure: 'events per CPU-second',
    value: Math.round(events / cpuS),
    events,
    cpuS,
    wallS,
  });
  report({
    bench: 'flights',
    figure: 'CPU of second half / first half',
    value: round((cpuS - halfCpuS) / halfCpuS),
  });
  report({ bench: 'flights', figure: 'anonymous memory, peak, MiB', value: Math.round(peakAnonymousMiB) });
}

function watching(pipeline: RunningPipeline, events: number) {
  const started = process.cpuUsage();
  let halfCpuS = 0;
  let peakAnonymousMiB = 0;
  const timer = setInterval(() => {
    if (halfCpuS === 0 && pipeline.status().audit.processed >= events / 2)
      halfCpuS = seconds(process.cpuUsage(started));
    peakAnonymousMiB = Math.max(peakAnonymousMiB, anonymousMiB());
  }, 20);
  return {
    stop() {
      clearInterval(timer);
      return { halfCpuS, peakAnonymousMiB };
    },
  };
}

/** Linux alone tells anonymous memory from mapped files; elsewhere everything resident is taken. */
function anonymousMiB(): number {
  try {
    const status = readFileSync('/proc/self/status', 'utf8');
    return Number(/RssAnon:\s+(\d+)/.exec(status)?.[1]) / 1024;
  } catch {
    return process.memoryUsage.rss() / 2 ** 20;
  }
}

function seconds({ user, system }: NodeJS.CpuUsage): number {
  return round((user + system) / 1e6);
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
