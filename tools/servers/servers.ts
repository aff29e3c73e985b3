import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fetchArtifacts } from './artifacts.ts';
import { type CassandraSettings, cassandraProgram } from './cassandra.ts';
import { type Cluster, together } from './cluster.ts';
import { jaegerProgram } from './jaeger.ts';
import { type KafkaSettings, kafkaPrograms } from './kafka.ts';
import { createKeeper, type Keeper } from './keeper.ts';
import { missingPrograms } from './machine.ts';
import { forgetPorts, PortTaken, portsFor } from './ports.ts';
import { type RedisSettings, redisProgram } from './redis.ts';
import { registryProgram } from './registry.ts';
import { createServer, type Kind, type Program, type Server } from './server.ts';

/** What Millrace needs. */
export const needed: readonly Kind[] = ['kafka', 'registry', 'redis', 'cassandra'];
export const kinds: readonly Kind[] = [...needed, 'jaeger'];

/** Where services and tests look for each kind's address. */
export const variables: Record<Kind, string> = {
  kafka: 'MILLRACE_KAFKA',
  registry: 'MILLRACE_REGISTRY',
  redis: 'MILLRACE_REDIS',
  cassandra: 'MILLRACE_CASSANDRA',
  jaeger: 'MILLRACE_OTLP_ENDPOINT',
};

const PORTS_EACH: Record<Kind, number> = { kafka: 2, registry: 1, redis: 1, cassandra: 2, jaeger: 4 };

export interface ServersOptions {
  /** Default: those needed. */
  kinds?: readonly Kind[];
  /** What they keep, to go on with it later. Default: a temporary folder, gone at the end. */
  folder?: string;
  /** With 3, topics are replicated and any one broker may be killed. */
  brokers?: 1 | 3;
  /** Addresses of servers that run already, by their variables: none is started for these. Default: none. */
  given?: Readonly<Record<string, string | undefined>>;
  /** Lines to show while it takes long. */
  progress?: (line: string) => void;
  settings?: {
    kafka?: (port: number) => KafkaSettings;
    redis?: (port: number) => RedisSettings;
    cassandra?: (port: number) => CassandraSettings;
  };
}

export interface Servers {
  /** Addresses by variable, the given ones too. */
  readonly environment: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly kafka?: Cluster;
  readonly registry?: Server;
  readonly redis?: Server;
  readonly cassandra?: Server;
  readonly jaeger?: Server;
  /** Ends all that was started here. A temporary folder goes with them. */
  stop(): Promise<void>;
}

/** The machine lacks what the servers need. */
export class ProgramsMissing extends Error {}

const PORT_TRIES = 3;

/**
 * Starts real servers on 127.0.0.1, side by side, and returns when all answer.
 * They end with this process, however it ends.
 * @throws ProgramsMissing, or Error that says which one failed and what it printed last
 */
export async function startServers(options: ServersOptions = {}): Promise<Servers> {
  const { given = {}, progress = () => {} } = options;
  const wanted = options.kinds ?? needed;
  const own = wanted.filter((kind) => !given[variables[kind]]);
  await fetchServers(own, progress);
  const keeper = createKeeper();
  const folder = await folderFor(options.folder, keeper);
  const starting = own.map((kind) => startKind(kind, join(folder, kind), keeper, options));
  const settled = await Promise.allSettled(starting);
  const failed = settled.find((result) => result.status === 'rejected');
  if (failed) {
    await keeper.close();
    throw failed.reason;
  }
  const clusters = await Promise.all(starting);
  const started = Object.fromEntries(clusters.map((cluster) => [cluster.kind, cluster]));
  const addresses = wanted.map((kind) => [
    variables[kind],
    started[kind]?.address ?? given[variables[kind]]!,
  ]);
  return {
    ...started,
    environment: Object.fromEntries(addresses),
    folder,
    async stop() {
      // What nobody will read again need not be put in order.
      if (options.folder !== undefined) await Promise.all(clusters.map((cluster) => cluster.stop()));
      await keeper.close();
    },
  };
}

/** What they need, brought to this machine: the first start of each does so too. @throws as startServers */
export async function fetchServers(wanted: readonly Kind[], progress: (line: string) => void): Promise<void> {
  const missing = missingPrograms(wanted);
  if (missing.length > 0) throw new ProgramsMissing(`not on this machine: ${missing.join(', ')}`);
  const fetched = wanted.filter((kind) => kind !== 'redis');
  await fetchArtifacts(fetched, progress);
}

async function folderFor(given: string | undefined, keeper: Keeper): Promise<string> {
  if (given !== undefined) return resolve(given);
  const folder = mkdtempSync(join(tmpdir(), 'millrace-servers-'));
  await keeper.removeAtEnd(folder);
  return folder;
}

async function startKind(
  kind: Kind,
  folder: string,
  keeper: Keeper,
  options: ServersOptions,
): Promise<Cluster> {
  const started = performance.now();
  for (let tried = 1; ; tried += 1) {
    const ports = await portsFor(folder, PORTS_EACH[kind] * (kind === 'kafka' ? (options.brokers ?? 1) : 1));
    const servers = programs(kind, folder, ports, options).map((program) => createServer(program, keeper));
    const cluster = together(servers);
    try {
      await cluster.start();
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      options.progress?.(`${kind} answers on ${cluster.address} (${seconds} s)`);
      return cluster;
    } catch (error) {
      await cluster.kill9();
      // Somebody else was quicker between the look and the start.
      if (!(error instanceof PortTaken) || tried === PORT_TRIES) throw error;
      forgetPorts(folder);
    }
  }
}

function programs(kind: Kind, folder: string, ports: number[], { settings = {} }: ServersOptions): Program[] {
  const [port] = ports as [number];
  switch (kind) {
    case 'kafka':
      return kafkaPrograms({ folder, ports, settings: settings.kafka });
    case 'registry':
      return [registryProgram({ folder, port })];
    case 'redis':
      return [redisProgram({ folder, port, settings: settings.redis })];
    case 'cassandra':
      return [cassandraProgram({ folder, ports: ports as [number, number], settings: settings.cassandra })];
    case 'jaeger':
      return [jaegerProgram({ folder, ports: ports as [number, number, number, number] })];
  }
}
