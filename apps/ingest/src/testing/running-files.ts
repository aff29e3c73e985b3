import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Flow } from '@millrace/lanes/flow';
import type { EventPlan, Plan, SourcePlan } from '@millrace/pipeline/plan';
import { eventPlanOf, planOf, sourceOf } from '@millrace/testkit/plans';
import { type Running, type RunningOptions, startIngest } from './running.ts';

export const LANES = 3;

/** A folder of payments, read by one file source. */
export interface Folder {
  readonly path: string;
  write(name: string, text: string | Buffer): void;
  /** A file source of this name or pattern. */
  plan(
    name: string,
    parts?: Partial<SourcePlan> & { readonly config?: object },
    event?: Partial<EventPlan>,
  ): Plan;
  remove(): void;
}

export function createFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), 'ingest-'));
  return {
    path,
    write: (name, text) => writeFileSync(join(path, name), text),
    plan(name, parts = {}, event = {}) {
      const config = { path: join(path, name), ...parts.config };
      const source = sourceOf('history', { kind: 'file', finite: true, ...parts, config });
      return planOf({ lanes: LANES, folder: path, sources: [source], event: { ...eventPlanOf(), ...event } });
    },
    remove: () => rmSync(path, { recursive: true }),
  };
}

/** Reads to the end and stops. @throws what ingest failed with. */
export async function readAll(plan: Plan, options: Partial<RunningOptions> = {}): Promise<Running> {
  const running = await startIngest({ plan, ...options });
  await running.ingest.finished;
  await running.stop();
  for (const failure of running.failures) throw failure;
  return running;
}

export const payment = (id: number, fields: object = {}) => ({
  payment_id: `p${id}`,
  card: `card ${id % 5}`,
  amount: id,
  currency: 'EUR',
  paid_at: new Date(Date.UTC(2026, 0, 1) + id * 1_000).toISOString(),
  ...fields,
});
export const payments = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => payment(from + i));

export const ndjson = (rows: readonly object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
export const csv = (rows: readonly object[]) =>
  [Object.keys(rows[0]!), ...rows.map((row) => Object.values(row))]
    .map((cells) => `${cells.join(',')}\r\n`)
    .join('');

export const taken = (running: Running, lane?: number): Flow[] =>
  running.flows(lane).filter(({ kind }) => kind !== 'opened');
export const byPosition = (flows: Flow[]) => flows.sort((a, b) => a.position - b.position);
