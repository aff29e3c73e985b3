import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Logger } from '@millrace/lanes/ports/logger';
import fastify, {
  type FastifyInstance,
  type FastifyPluginAsync,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';

export interface HostOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly logger: Logger;
  /** The rest is mounted later: until then what is not known is answered with 503, come again. Default: false. */
  readonly isStarting?: boolean;
}

/** 404 would be final for a client whose path is there as soon as the service has started. */
const STARTING = {
  error: {
    code: 'unavailable',
    message: 'The service is starting.',
    hint: 'Send the same again in a moment; /readyz says what it waits for.',
  },
};
const STARTING_RETRY_AFTER_S = 1;
const UNAVAILABLE = 503;

const UNKNOWN_PATH = {
  error: {
    code: 'unknown_path',
    message: 'There is nothing at this path.',
    hint: 'See /openapi.json for what there is.',
  },
};

type NotFound = (request: FastifyRequest, reply: FastifyReply) => FastifyReply;
const comeAgain: NotFound = (_request, reply) =>
  reply.status(UNAVAILABLE).header('retry-after', STARTING_RETRY_AFTER_S).send(STARTING);
const unknownPath: NotFound = (_request, reply) => reply.status(404).send(UNKNOWN_PATH);

export interface Host {
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  /** From now on these plugins answer, instead of those before. */
  mount(plugins: readonly FastifyPluginAsync[]): Promise<void>;
  /** Ends streams and idle connections, and answers what has begun. */
  close(): Promise<void>;
}

/** Serves plugins on one port. Rejects when it can't listen. */
export async function openHost(options: HostOptions, plugins: readonly FastifyPluginAsync[]): Promise<Host> {
  let current = await createApp(options, plugins, options.isStarting ? comeAgain : unknownPath);
  const retired: FastifyInstance[] = [];
  // The server outlives what answers: a service is asked for its health before it has anything else to say.
  const server = createServer((request: IncomingMessage, response: ServerResponse) =>
    current.routing(request, response),
  );
  try {
    await listen(server, options);
  } catch (error) {
    await current.close();
    throw error;
  }
  return {
    url: urlOf(server.address(), options.host),
    async mount(next) {
      retired.push(current);
      current = await createApp(options, next, unknownPath);
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      await Promise.all([current, ...retired].map((app) => app.close()));
      server.closeIdleConnections();
      await closed;
    },
  };
}

async function createApp(
  { logger }: HostOptions,
  plugins: readonly FastifyPluginAsync[],
  unknown: NotFound,
): Promise<FastifyInstance> {
  const app = fastify({ logger: false });
  app.addHook('onError', async (request, _reply, error) => {
    const { statusCode = 500 } = error as { readonly statusCode?: number };
    // "Come again" is an answer, and under load there are thousands of it.
    if (statusCode >= 500 && statusCode !== UNAVAILABLE)
      logger.error({ err: error, url: request.url }, 'a request failed');
  });
  app.setNotFoundHandler(unknown);
  for (const plugin of plugins) await app.register(plugin);
  await app.ready();
  return app;
}

function listen(server: Server, { host, port }: HostOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function urlOf(address: ReturnType<Server['address']>, host: string): string {
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  // What listens everywhere is shown as where this machine finds it.
  const shown = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return `http://${shown.includes(':') ? `[${shown}]` : shown}:${port}`;
}
