import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SERVICES } from '@millrace/deploy/cluster/cluster';
import { serviceProgram } from '@millrace/deploy/cluster/service';
import type { ServiceName } from '@millrace/service/configuration/settings';
import { createKeeper } from '@millrace/tools/servers/keeper';
import { freePorts } from '@millrace/tools/servers/ports';
import { createServer, type Server } from '@millrace/tools/servers/server';
import { type Servers, startServers } from '@millrace/tools/servers/servers';
import type { Acknowledged } from './audit.ts';
import { writeDocument } from './document.ts';
import { createStored, type Stored } from './stored.ts';
import { startTail, type Tail } from './tail.ts';

export interface WorldOptions {
  readonly folder: string;
  readonly pipeline: string;
  readonly brokers: 1 | 3;
  /** Addresses of servers that another world has started, and still runs. */
  readonly given?: Readonly<Record<string, string>>;
  progress(line: string): void;
}

/** Servers of its own, the six services, and the two that watch what comes out. */
export interface World {
  readonly servers: Servers;
  readonly pipeline: string;
  /** The pipeline document. */
  readonly document: string;
  /** As the services have it. */
  readonly environment: Readonly<Record<string, string>>;
  readonly tail: Tail;
  readonly stored: Stored;
  /** The one of that name that always is there. */
  service(name: ServiceName): Server;
  /** Starts one more, and returns when it is ready. */
  replicate(name: ServiceName, instance: string): Promise<Server>;
  /** Drains one of those, and forgets it. */
  retire(name: ServiceName, replica: Server): Promise<void>;
  /** As it was at first: one of each service, and every server. After a row that ended early. */
  restore(): Promise<void>;
  /** How many events were acknowledged in all, by what has to become of them. */
  readonly acknowledged: Acknowledged;
  /** Of ingest's replicas. */
  ingestAddresses(): readonly string[];
  stop(): Promise<void>;
}

const KEYSPACE = 'faults';
/** What a supervisor waits before it starts a process again. */
const RESTART_PAUSE_MS = 1_000;

export async function openWorld(options: WorldOptions): Promise<World> {
  const { folder, pipeline, brokers, given = {}, progress } = options;
  const servers = await startServers({ folder: join(folder, 'servers'), brokers, given, progress });
  const document = writeDocument(join(folder, 'pipeline'), pipeline);
  const environment = {
    ...servers.environment,
    MILLRACE_CASSANDRA_KEYSPACE: KEYSPACE,
    MILLRACE_REPLICATION: String(brokers),
  };
  const keeper = createKeeper();
  const replicas = new Map<ServiceName, Server[]>(SERVICES.map((name) => [name, []]));

  async function replicate(name: ServiceName, instance: string): Promise<Server> {
    const [port] = await freePorts(1);
    const place = join(folder, 'services', instance);
    const program = { name, instance, folder: place, port: port!, pipeline: document, environment };
    const replica = createServer(serviceProgram(program), keeper);
    await replica.start();
    replicas.get(name)!.push(replica);
    return replica;
  }

  const settled = await Promise.allSettled(SERVICES.map((name) => replicate(name, name)));
  const failed = settled.find((result) => result.status === 'rejected');
  if (failed) {
    await keeper.close();
    await servers.stop();
    throw failed.reason;
  }
  progress('all six services are ready');
  const {
    MILLRACE_KAFKA: kafka,
    MILLRACE_REGISTRY: registry,
    MILLRACE_CASSANDRA: cassandra,
  } = environment as typeof environment & Record<string, string>;
  const tail = await startTail(kafka!, registry!, pipeline);
  const stored = createStored(cassandra!, KEYSPACE, pipeline);

  return {
    servers,
    pipeline,
    document,
    environment,
    tail,
    stored,
    service: (name) => replicas.get(name)![0]!,
    replicate,
    async retire(name, replica) {
      const all = replicas.get(name)!;
      // Clients stop asking it first, as a load balancer does.
      replicas.set(
        name,
        all.filter((other) => other !== replica),
      );
      await replica.stop();
    },
    acknowledged: { routed: 0, refused: 0 },
    async restore() {
      const { kafka, registry, redis, cassandra } = servers;
      for (const server of [...(kafka?.brokers ?? []), registry, redis, cassandra]) {
        server?.resume();
        await server?.start();
      }
      for (const [name, [first, ...more]] of replicas) {
        replicas.set(name, [first!]);
        first!.resume();
        await Promise.all([first!.start(), ...more.map((replica) => replica.kill9())]);
      }
    },
    ingestAddresses: () => replicas.get('ingest')!.map(({ address }) => address),
    async stop() {
      await Promise.all([tail.stop(), stored.stop()]);
      await keeper.close();
      await servers.stop();
    },
  };
}

/** As a supervisor does with a process that ended. @returns when it was started, in `performance.now()` */
export async function startAgain(server: Server): Promise<number> {
  await sleep(RESTART_PAUSE_MS);
  const startedMs = performance.now();
  await server.start();
  return startedMs;
}
