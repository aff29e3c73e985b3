import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { WorkerStage } from '@millrace/lanes/workers';
import { report } from '../figure.ts';
import { type Child, startChild } from './child.ts';
import { sendLoad } from './load.ts';
import { paymentText, resultTopic, writePayments } from './payments-document.ts';
import { openProbe } from './probe.ts';
import { createTopics, pipelineTopics } from './topics.ts';

export interface LatencyOptions {
  readonly brokers: readonly string[];
  readonly folder: string;
  readonly rates: readonly number[];
  readonly seconds: number;
  readonly warmUpSeconds: number;
}

const STAGE = new URL('./stage-process.ts', import.meta.url);
const BARE = new URL('./bare-process.ts', import.meta.url);

interface Chain {
  readonly url: string;
  readonly topic: string;
  readonly children: readonly (readonly [name: string, child: Child])[];
}

const SERVICES: readonly (readonly [string, readonly ('ingest' | WorkerStage)[]])[] = [
  ['ingest', ['ingest']],
  ['validate', ['validate']],
  ['enrich', ['enrich']],
  ['aggregate', ['aggregate', 'merge']],
  ['route', ['route']],
];

/** From a request's due time to the arrival of its result, both chains in turn at each rate. */
export async function benchLatency(options: LatencyOptions, chains: readonly string[]): Promise<void> {
  for (const rate of options.rates) {
    const p99: Record<string, number> = {};
    for (const name of chains)
      p99[name] = await measure(name, rate, options, name === 'bare' ? startBare : startMillrace);
    if (p99.bare === undefined || p99.millrace === undefined) continue;
    report({
      bench: 'distributed',
      figure: 'p99 of five hops / p99 of a bare chain of as many',
      value: round(p99.millrace / p99.bare),
      rate,
    });
  }
}

async function measure(
  name: string,
  rate: number,
  options: LatencyOptions,
  start: (options: LatencyOptions, run: string) => Promise<Chain>,
): Promise<number> {
  const chain = await start(options, `b${randomBytes(4).toString('hex')}`);
  const warm = rate * options.warmUpSeconds;
  const events = warm + rate * options.seconds;
  const probe = await openProbe(options.brokers, chain.topic, events);
  const before = await cpuOf(chain);
  const due = await sendLoad({ url: chain.url, perSecond: rate, events, body: paymentText });
  const arrivals = await probe.arrivals();
  const after = await cpuOf(chain);
  const latencies = arrivals
    .map((at, i) => at - due[i]!)
    .slice(warm)
    .sort();
  const at = (share: number) => round(latencies[Math.ceil(latencies.length * share) - 1]!);
  const seconds = events / rate;
  report({
    bench: 'distributed',
    figure: `${name}: end to end over five hops, p99, ms`,
    value: at(0.99),
    rate,
    p50: at(0.5),
    p90: at(0.9),
    p999: at(0.999),
    max: at(1),
    repeats: probe.repeats,
    cpuUsPerEvent: differences(before.cpuUs, after.cpuUs, events),
    askedPerSecond: differences(before.requests, after.requests, seconds),
  });
  await probe.close();
  await Promise.all(chain.children.map(([, child]) => child.stop()));
  return at(0.99);
}

async function startMillrace({ brokers, folder }: LatencyOptions, run: string): Promise<Chain> {
  const document = writePayments(join(folder, run), run);
  await createTopics(brokers, pipelineTopics(run));
  const children = await Promise.all(
    SERVICES.map(async ([name, stages]) => {
      const options = { brokers, document, folder: join(folder, run, name), stages };
      return [name, await startChild(STAGE, options)] as const;
    }),
  );
  return { url: children[0]![1].ready.url!, topic: resultTopic(run), children };
}

async function startBare({ brokers }: LatencyOptions, run: string): Promise<Chain> {
  const topics = SERVICES.map(([name]) => `${run}.${name}`);
  await createTopics(brokers, topics);
  const children = await Promise.all(
    topics.map(async (to, i) => {
      const options = { brokers, from: topics[i - 1] ?? null, to, group: `${run}.${i}` };
      return [SERVICES[i]![0], await startChild(BARE, options)] as const;
    }),
  );
  return { url: children[0]![1].ready.url!, topic: topics.at(-1)!, children };
}

async function cpuOf({ children }: Chain) {
  const cpuUs: Record<string, number> = {};
  const requests: Record<string, number> = {};
  for (const [name, child] of children) {
    const said = await child.cpu();
    cpuUs[name] = said.cpuUs;
    for (const [kind, count] of Object.entries(said.requests)) requests[`${name} ${kind}`] = count;
  }
  return { cpuUs, requests };
}

function differences(before: Record<string, number>, after: Record<string, number>, by: number) {
  return Object.fromEntries(
    Object.entries(after).map(([name, value]) => [name, round((value - (before[name] ?? 0)) / by)]),
  );
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
