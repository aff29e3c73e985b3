// `npm run cluster`: servers and all services on this machine, with a pipeline running through them, until Ctrl-C.
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { catalogue } from '@millrace/millrace/catalogue';
import { curlLine } from '@millrace/millrace/run/curl-line';
import type { Plan } from '@millrace/pipeline/plan';
import { requirePlan } from '@millrace/service/load-pipeline';
import { isFetched } from '@millrace/tools/servers/artifacts';
import type { Server } from '@millrace/tools/servers/server';
import { needed, type Servers, startServers, variables } from '@millrace/tools/servers/servers';
import { untilAskedToEnd } from '@millrace/tools/servers/until-asked-to-end';
import { type RunningServices, startServices } from './cluster.ts';
import { keepRunning } from './keep-running.ts';
import { CLEAR_LINE, showProgress } from './progress.ts';

const usage = `npm run cluster [-- [--folder DIR] [--brokers 3] [FILE]]
  FILE           the pipeline document; default: the flights
  --folder DIR   keep everything in DIR and go on with it; default: a temporary folder
  --brokers 3    three Kafka brokers, topics replicated`;
const FLIGHTS = join(import.meta.dirname, '../../examples/flights/pipeline.yaml');
/** So that there is something to look at. */
const TRACE_RATE = '0.05';

const asked = untilAskedToEnd();
try {
  const { values, positionals } = readArguments();
  const [file = FLIGHTS, ...more] = positionals;
  if (more.length > 0) throw new Error(`one pipeline document, not ${positionals.length}\n${usage}`);
  if (!['1', '3'].includes(values.brokers))
    throw new Error(`--brokers is 1 or 3, not ${values.brokers}\n${usage}`);
  if (values.help) console.log(usage);
  else await runCluster(file, values.folder, values.brokers === '3' ? 3 : 1);
} catch (error) {
  console.error(`cluster: ${(error as Error).message}`);
  process.exit(1);
}
process.exit(0);

function readArguments() {
  const options = {
    folder: { type: 'string' },
    brokers: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  } as const;
  try {
    return parseArgs({ allowPositionals: true, options });
  } catch (error) {
    // What follows the first sentence is about another case.
    const [what] = (error as Error).message.split('. ');
    throw new Error(`${what}\n${usage}`, { cause: error });
  }
}

async function runCluster(file: string, folder: string | undefined, brokers: 1 | 3): Promise<void> {
  const plan = await requirePlan(file, catalogue);
  const servers = await orAsked(
    startServers({
      kinds: isFetched('jaeger') ? [...needed, 'jaeger'] : needed,
      brokers,
      given: process.env,
      progress,
      ...(folder !== undefined && { folder }),
    }),
  );
  const environment = {
    ...servers.environment,
    MILLRACE_REPLICATION: process.env.MILLRACE_REPLICATION ?? String(replication(servers)),
    ...('MILLRACE_OTLP_ENDPOINT' in servers.environment && { MILLRACE_TRACE_RATE: TRACE_RATE }),
  };
  const place = join(servers.folder, 'services');
  const running = await orAsked(
    startServices({ pipeline: resolve(file), folder: place, environment, progress }),
  );
  progress(whereToLook(plan, servers, running));
  const over = new AbortController();
  const shown = showProgress(running.services.get('serve')!.address, process.stderr, over.signal);
  const kept = keepRunning(
    [...startedHere(servers), ...running.services.values()],
    (line) => progress(process.stderr.isTTY ? `${CLEAR_LINE}${line}` : line),
    over.signal,
  );
  await asked;
  over.abort();
  await Promise.all([shown, kept]);
  progress('draining …');
  await running.stop();
  await servers.stop();
}

function startedHere({ kafka, registry, redis, cassandra, jaeger }: Servers): Server[] {
  const others = [registry, redis, cassandra, jaeger].filter((server) => server !== undefined);
  return [...(kafka?.brokers ?? []), ...others];
}

/** As many copies as there are brokers for, to three. */
function replication({ environment }: Servers): number {
  return Math.min(3, environment[variables.kafka]!.split(',').length);
}

/** Whatever has been started ends with this process. */
async function orAsked<T>(starting: Promise<T>): Promise<T> {
  const started = await Promise.race([starting, asked]);
  if (started === undefined) process.exit(130);
  return started as T;
}

function whereToLook(plan: Plan, servers: Servers, { services }: RunningServices): string {
  const serve = services.get('serve')!.address;
  const ingest = services.get('ingest')!.address;
  const send = curlLine(plan, ingest);
  const metrics = [...services].map(([name, { address }]) => `${name} ${address}/metrics`);
  const lines = [
    `${plan.pipeline} runs as six services`,
    `page        ${serve}/`,
    `topics      npm run -s millrace -- tail ${plan.pipeline}.enriched --url ${serve}`,
    `status      npm run -s millrace -- status --url ${serve}`,
    ...(servers.jaeger?.page
      ? [`traces      ${servers.jaeger.page}/`]
      : ['traces      npm run servers -- --fetch jaeger brings Jaeger, for the next start']),
    ...metrics.map((line, i) => `${i === 0 ? 'metrics     ' : '            '}${line}`),
    ...Object.entries(servers.environment).map(
      ([name, address], i) => `${i === 0 ? 'servers     ' : '            '}${name}=${address}`,
    ),
    `logs        ${join(servers.folder, 'services')}`,
    ...(send === null ? [] : ['send an event of your own:', send]),
    'What ends is started again: kill -9 what you like. Ctrl-C drains and ends all of it.',
  ];
  return `\n${lines.map((line) => `  ${line}`).join('\n')}\n`;
}

function progress(line: string): void {
  console.error(line);
}
