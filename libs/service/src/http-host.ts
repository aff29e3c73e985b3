import type { Logger } from '@millrace/lanes/ports/logger';
import fastify, { type FastifyPluginAsync } from 'fastify';

export interface HostOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly logger: Logger;
}

const UNKNOWN_PATH = {
  error: {
    code: 'unknown_path',
    message: 'There is nothing at this path.',
    hint: 'See /openapi.json for what there is.',
  },
};

export interface Host {
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  /** Ends streams and idle connections, and answers what has begun. */
  close(): Promise<void>;
}

/** Serves plugins on one port. Rejects when it can't listen. */
export async function openHost(options: HostOptions, plugins: readonly FastifyPluginAsync[]): Promise<Host> {
  const app = fastify({ logger: false, forceCloseConnections: 'idle' });
  app.addHook('onError', async (request, _reply, error) => {
    const { statusCode = 500 } = error as { readonly statusCode?: number };
    if (statusCode >= 500) options.logger.error({ err: error, url: request.url }, 'a request failed');
  });
  app.setNotFoundHandler((_request, reply) => reply.status(404).send(UNKNOWN_PATH));
  for (const plugin of plugins) await app.register(plugin);
  try {
    await app.listen({ host: options.host, port: options.port });
  } catch (error) {
    await app.close();
    throw error;
  }
  return { url: urlOf(app.server.address(), options.host), close: () => app.close() };
}

function urlOf(address: ReturnType<import('node:http').Server['address']>, host: string): string {
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  // What listens everywhere is shown as where this machine finds it.
  const shown = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return `http://${shown.includes(':') ? `[${shown}]` : shown}:${port}`;
}
