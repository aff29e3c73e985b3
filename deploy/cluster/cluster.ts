import { join } from 'node:path';
import { DEFAULT_PORTS, type ServiceName } from '@millrace/service/configuration/settings';
import { createKeeper } from '@millrace/tools/servers/keeper';
import { firstFree, freePorts } from '@millrace/tools/servers/ports';
import { createServer, type Server } from '@millrace/tools/servers/server';
import { serviceProgram } from './service.ts';

export interface ClusterOptions {
  /** The pipeline document. */
  pipeline: string;
  /** For logs. */
  folder: string;
  /** Addresses of servers and other settings, by variable. */
  environment: Readonly<Record<string, string>>;
  progress(line: string): void;
  /** Others start services at the same moment: none takes its usual port. */
  isBesideOthers?: boolean;
}

export interface RunningServices {
  readonly services: ReadonlyMap<ServiceName, Server>;
  /** Drains all and ends them. */
  stop(): Promise<void>;
}

/** In the order of the data. */
export const SERVICES: readonly ServiceName[] = [
  'ingest',
  'validate',
  'enrich',
  'aggregate',
  'route',
  'serve',
];

/** Starts one process of each service, and returns when all are ready. They end with this process. */
export async function startServices(options: ClusterOptions): Promise<RunningServices> {
  const { pipeline, folder, environment, progress, isBesideOthers = false } = options;
  const keeper = createKeeper();
  const services = new Map<ServiceName, Server>();
  async function start(name: ServiceName): Promise<void> {
    const started = performance.now();
    const [free] = isBesideOthers ? await freePorts(1) : [];
    const port = free ?? (await firstFree(DEFAULT_PORTS[name]));
    const place = join(folder, name);
    const server = createServer(serviceProgram({ name, folder: place, port, pipeline, environment }), keeper);
    services.set(name, server);
    await server.start();
    progress(`${name} is ready (${((performance.now() - started) / 1000).toFixed(1)} s)`);
  }
  const settled = await Promise.allSettled(SERVICES.map(start));
  const failed = settled.find((result) => result.status === 'rejected');
  if (failed) {
    await keeper.close();
    throw failed.reason;
  }
  return {
    services,
    async stop() {
      await Promise.all([...services.values()].map((server) => server.stop()));
      await keeper.close();
    },
  };
}
