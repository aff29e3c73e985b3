import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { report } from '../figure.ts';
import { startChild } from './child.ts';
import { sendLoad } from './load.ts';
import { paymentText, resultTopic, writePayments } from './payments-document.ts';
import { openProbe } from './probe.ts';
import { SERVICES, startService } from './service.ts';
import { createTopics } from './topics.ts';

export interface LatencyOptions {
  readonly brokers: readonly string[];
  /** The servers' addresses, as MILLRACE_*. */
  readonly servers: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly rates: readonly number[];
  readonly seconds: number;
  readonly warmUpSeconds: number;
  /** Route stores each event before it appends it; a bare chain has no store. */
  readonly stores: boolean;
}

const BARE = new URL('./bare-process.ts', import.meta.url);

interface Chain {
  readonly url: string;
  readonly topic: string;
  readonly processes: readonly Process[];
}

interface Process {
  readonly name: string;
  cpuUs(): Promise<number>;
  stop(): Promise<void>;
}

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
    cpuUsPerEvent: Object.fromEntries(
      chain.processes.map(({ name }, i) => [name, round((after[i]! - before[i]!) / events)]),
    ),
  });
  await probe.close();
  await Promise.all(chain.processes.map((one) => one.stop()));
  return at(0.99);
}

/** The services as they are started in earnest; `run` names the pipeline. */
async function startMillrace({ servers, folder, stores }: LatencyOptions, run: string): Promise<Chain> {
  const document = writePayments(join(folder, run), run, stores);
  const env = {
    ...servers,
    MILLRACE_PIPELINE: document,
    MILLRACE_CASSANDRA_KEYSPACE: run,
    MILLRACE_REPLICATION: '1',
  };
  const processes = await Promise.all(
    SERVICES.map(async (name) => ({ name, ...(await startService(name, env)) })),
  );
  return { url: `${processes[0]!.url}/v1/pipelines/${run}/events`, topic: resultTopic(run), processes };
}

async function startBare({ brokers }: LatencyOptions, run: string): Promise<Chain> {
  const topics = SERVICES.map((name) => `${run}.${name}`);
  await createTopics(brokers, topics);
  const processes = await Promise.all(
    topics.map(async (to, i) => {
      const options = { brokers, from: topics[i - 1] ?? null, to, group: `${run}.${i}` };
      return { name: SERVICES[i]!, ...(await startChild(BARE, options)) };
    }),
  );
  return { url: processes[0]!.ready.url!, topic: topics.at(-1)!, processes };
}

function cpuOf({ processes }: Chain): Promise<number[]> {
  return Promise.all(processes.map((one) => one.cpuUs()));
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
