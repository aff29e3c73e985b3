import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { WorkerStage } from '@millrace/lanes/workers';
import { report } from '../figure.ts';
import { startChild } from './child.ts';
import { paymentText, writePayments } from './payments-document.ts';
import { createTopics, pipelineTopics } from './topics.ts';

export interface StageCostOptions {
  readonly brokers: readonly string[];
  readonly folder: string;
  readonly events: number;
  readonly rounds: number;
  /** Stops after so many stages. */
  readonly stages: number;
}

interface MeasuredStage {
  readonly name: string;
  readonly runs: readonly WorkerStage[];
  /** What it reads to the end; a bare hop beside it copies the first. */
  readonly reads: readonly string[];
}

const STAGES: readonly MeasuredStage[] = [
  { name: 'validate', runs: ['validate'], reads: ['raw'] },
  { name: 'enrich', runs: ['enrich'], reads: ['validated'] },
  { name: 'aggregate', runs: ['aggregate', 'merge'], reads: ['enriched'] },
  { name: 'route', runs: ['route'], reads: ['aggregated', 'windows', 'alerts'] },
];
const STAGE = new URL('./stage-process.ts', import.meta.url);
const BARE = new URL('./bare-process.ts', import.meta.url);
const REQUEST_EVENTS = 500;
const REQUESTS_AT_ONCE = 4;

/**
 * CPU per event of each stage working through a backlog, and of a bare hop that consumes the same records and produces
 * their bytes, in turn; the least of the rounds.
 */
export async function benchStageCost(options: StageCostOptions): Promise<void> {
  const least = new Map<string, { stage: number; bare: number }>();
  for (let round = 0; round < options.rounds; round++) {
    const run = `b${randomBytes(4).toString('hex')}`;
    const document = writePayments(join(options.folder, run), run, false);
    await createTopics(options.brokers, pipelineTopics(run));
    await fill(options, document, join(options.folder, run));
    for (const stage of STAGES.slice(0, options.stages)) {
      const bare = await runBare(options, `${run}.${stage.reads[0]}`, stage.name);
      const cost = await runStage(options, run, document, stage);
      const before = least.get(stage.name);
      least.set(stage.name, {
        stage: Math.min(cost, before?.stage ?? Number.POSITIVE_INFINITY),
        bare: Math.min(bare, before?.bare ?? Number.POSITIVE_INFINITY),
      });
    }
  }
  for (const [name, { stage, bare }] of least) {
    report({
      bench: 'distributed',
      figure: `${name}: CPU per event / that of a bare kafkajs hop of the same bytes`,
      value: Math.round((100 * stage) / bare) / 100,
      cpuUs: Math.round(stage * 100) / 100,
      bareCpuUs: Math.round(bare * 100) / 100,
      events: options.events,
    });
  }
}

/** All events to raw, as clients send them. */
async function fill({ brokers, events }: StageCostOptions, document: string, folder: string): Promise<void> {
  const ingest = await startChild(STAGE, {
    brokers,
    document,
    folder: join(folder, 'ingest'),
    stages: ['ingest'],
  });
  const startMs = Date.now() - events;
  let next = 0;
  async function send(): Promise<void> {
    while (next < events) {
      const first = next;
      next += REQUEST_EVENTS;
      const texts = Array.from({ length: REQUEST_EVENTS }, (_, i) =>
        paymentText(first + i, startMs + first + i),
      );
      const response = await fetch(ingest.ready.url!, {
        method: 'POST',
        headers: { 'content-type': 'application/x-ndjson' },
        body: texts.join('\n'),
      });
      if (response.status !== 202) throw new Error(`${response.status}: ${await response.text()}`);
    }
  }
  await Promise.all(Array.from({ length: REQUESTS_AT_ONCE }, send));
  await ingest.stop();
}

async function runStage(
  { brokers, folder, events }: StageCostOptions,
  run: string,
  document: string,
  { name, runs, reads }: MeasuredStage,
): Promise<number> {
  const child = await startChild(STAGE, {
    brokers,
    document,
    folder: join(folder, run, name),
    stages: runs,
    drain: reads.map((topic) => `${run}.${topic}`),
  });
  const { cpuUs } = await child.drained();
  await child.stop();
  return cpuUs / events;
}

async function runBare({ brokers }: StageCostOptions, from: string, name: string): Promise<number> {
  const to = `${from}.bare`;
  await createTopics(brokers, [to]);
  const child = await startChild(BARE, { brokers, from, to, group: `${from}.bare.${name}` });
  const { cpuUs, records } = await child.drained();
  await child.stop();
  return cpuUs / records;
}
