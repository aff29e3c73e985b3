import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ResultStore, WindowRow } from '@millrace/lanes/ports/results';
import { catalogue } from '@millrace/millrace/catalogue';
import { type PipelineOptions, type RunningPipeline, startPipeline } from '@millrace/millrace/start-pipeline';
import { compile } from '@millrace/pipeline/compile';
import type { Plan } from '@millrace/pipeline/plan';
import type { DayOfFlights } from './recompute.ts';

const DOCUMENT = fileURLToPath(new URL('../pipeline.yaml', import.meta.url));
const PAGE_ROWS = 1_000;
const SILENT = { info: () => {}, warn: () => {}, error: () => {} };

/** The example's document with its text changed. */
export function flightsPlan(change: (text: string) => string): Plan {
  const text = change(readFileSync(DOCUMENT, 'utf8'));
  const load = (file: string) => readFileSync(file, 'utf8');
  const { plan, faults } = compile({ path: DOCUMENT, text, load, catalogue });
  if (plan === null) throw new Error(JSON.stringify(faults));
  return plan;
}

/** As fast as it goes. */
export const unpaced = (text: string) => text.replace(/\n *pace: .*/, '');
export const withoutApi = (text: string) => text.replace(/\n *api:\n *http: \{\}/, '');

export interface Ran {
  readonly pipeline: RunningPipeline;
  readonly results: ResultStore;
}

/** Runs a plan on a folder of its own that is gone afterwards. */
export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-flights-'));
  try {
    return await work(join(folder, 'data'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export async function running<T>(
  plan: Plan,
  folder: string,
  work: (ran: Ran) => Promise<T>,
  options: Partial<PipelineOptions> = {},
): Promise<T> {
  let results: ResultStore | undefined;
  const decorate: PipelineOptions['decorate'] = (ports) => {
    results = ports.results;
    return options.decorate?.(ports) ?? ports;
  };
  const stdout = { write: () => {} };
  const pipeline = await startPipeline({
    plan,
    folder,
    logger: SILENT,
    env: {},
    stdout,
    ...options,
    decorate,
  });
  try {
    return await Promise.race([
      work({ pipeline, results: results! }),
      pipeline.finished.then(() => Promise.reject(new Error('the pipeline ended by itself'))),
    ]);
  } finally {
    await pipeline.close();
  }
}

/** Every row of a window, as the recomputation has them. */
export async function daysOf(results: ResultStore, name: string): Promise<Map<string, DayOfFlights>> {
  return new Map(
    (await rowsOf(results, name)).map(({ group, start, values }) => [
      `${group} ${day(start)}`,
      values as unknown as DayOfFlights,
    ]),
  );
}

export async function rowsOf(results: ResultStore, name: string): Promise<WindowRow[]> {
  const all: WindowRow[] = [];
  for (let after: string | undefined; ; ) {
    const page = await results.windows({
      pipeline: 'flights',
      name,
      limit: PAGE_ROWS,
      ...(after !== undefined && { after }),
    });
    all.push(...page.rows);
    if (page.next === null) return all;
    after = page.next;
  }
}

function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
