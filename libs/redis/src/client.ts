import type { Logger } from '@millrace/lanes/ports/logger';
import { Cluster, type CommonRedisOptions, Redis } from 'ioredis';
import {
  COMMAND_TIMEOUT_MS,
  CONNECT_TIMEOUT_MS,
  RECONNECT_PAUSE_MAX_MS,
  RECONNECT_PAUSE_MIN_MS,
  SOCKET_TIMEOUT_MS,
  START_TIMEOUT_MS,
} from './bounds.ts';
import { RedisError, RedisSetupError } from './redis-error.ts';
import { SCRIPTS, type ScriptName } from './scripts.ts';
import type { RedisOptions, Settings } from './settings.ts';

export type Argument = string | number | Buffer;

/** A connection that comes back by itself, for ever. A command rejects in bounded time with `RedisError`. */
export interface Client {
  /** For messages: without user and password. */
  readonly place: string;
  run(script: ScriptName, keys: readonly string[], args: readonly Argument[]): Promise<unknown>;
  /** Texts in the answer are buffers. */
  call(command: string, ...args: Argument[]): Promise<unknown>;
  /** To each master of a cluster, one after another; else to the one that there is. */
  eachNode(act: (node: Pick<Client, 'call'>) => Promise<void>): Promise<void>;
  close(): void;
}

/**
 * Connects.
 * @throws RedisSetupError when Redis lets nobody in like that.
 * @throws RedisError when it can't be reached.
 */
export async function openClient(options: RedisOptions, settings: Settings, logger: Logger): Promise<Client> {
  const client = createClient(options, settings);
  const { place } = settings;
  const { startTimeoutMs = START_TIMEOUT_MS } = options;
  for (const [name, script] of Object.entries(SCRIPTS)) client.defineCommand(`millrace:${name}`, script);
  /** Why it is not connected. */
  let trouble = '';
  let state: 'opening' | 'connected' | 'away' | 'closed' = 'opening';
  const opening = Promise.withResolvers<void>();
  client.on('error', (error: Error) => {
    if (state === 'opening' && trouble === '')
      logger.info({ redis: place, reason: reasonOf(error) }, 'Redis does not answer yet; trying again');
    trouble = reasonOf(error);
    if (state === 'opening' && isRefusal(trouble)) {
      opening.reject(new RedisSetupError(`Redis at ${place} lets nobody in: ${trouble}`));
    }
  });
  client.on('ready', () => {
    if (state === 'away') logger.info({ redis: place }, 'connected to Redis again');
    if (state === 'closed') return;
    state = 'connected';
    trouble = '';
    opening.resolve();
  });
  client.on('close', () => {
    if (state !== 'connected') return;
    state = 'away';
    logger.warn({ redis: place }, 'the connection to Redis is lost; trying to connect again');
  });
  function close(): void {
    if (state === 'closed') return;
    state = 'closed';
    client.disconnect();
  }
  const timer = setTimeout(() => {
    const why = trouble === '' ? 'no answer' : trouble;
    opening.reject(
      new RedisError(`Redis at ${place} can't be reached within ${startTimeoutMs / 1000} s: ${why}`),
    );
  }, startTimeoutMs);
  try {
    client.connect().catch(() => {});
    await opening.promise;
  } catch (error) {
    close();
    throw error;
  } finally {
    clearTimeout(timer);
  }

  function translated(error: unknown): RedisError {
    const reason = reasonOf(error as Error);
    const isAway = state === 'away' || /isn't writeable|max retries|Connection is closed/i.test(reason);
    const text = isAway ? `is not connected${trouble && `: ${trouble}`}` : reason;
    return new RedisError(`Redis at ${place}: ${text}`);
  }
  const answer = <T>(asked: Promise<T>) =>
    asked.catch((error: unknown) => {
      throw translated(error);
    });
  const calling = (node: Redis | Cluster) => ({
    call: (command: string, ...args: Argument[]) => answer(node.callBuffer(command, args)),
  });
  return {
    place,
    ...calling(client),
    run(script, keys, args) {
      const command = (client as unknown as Record<string, ScriptCommand>)[`millrace:${script}Buffer`]!;
      return answer(command.call(client, ...keys, ...args));
    },
    async eachNode(act) {
      const nodes = client instanceof Cluster ? client.nodes('master') : [client];
      for (const node of nodes) await act(calling(node));
    },
    close,
  };
}

type ScriptCommand = (this: unknown, ...args: readonly Argument[]) => Promise<unknown>;

function createClient(options: RedisOptions, settings: Settings): Redis | Cluster {
  const { addresses, tls, username, password, database } = settings;
  const commandTimeout = options.commandTimeoutMs ?? COMMAND_TIMEOUT_MS;
  const secure = tls ? { ...(options.ca !== undefined && { ca: options.ca }) } : undefined;
  const retryStrategy = (times: number) =>
    Math.min(RECONNECT_PAUSE_MIN_MS * 2 ** Math.min(times - 1, 16), RECONNECT_PAUSE_MAX_MS);
  const common = {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    commandTimeout,
    socketTimeout: Math.max(SOCKET_TIMEOUT_MS, commandTimeout),
    connectTimeout: CONNECT_TIMEOUT_MS,
    connectionName: 'millrace',
    // Callers try again: nothing is queued, and nothing is sent twice behind their backs.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    protocol: 2 as const,
    retryStrategy,
    // After a failover the connection may lead to what is a replica now.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
    lazyConnect: true,
  } satisfies CommonRedisOptions;
  if (options.cluster) {
    const { retryStrategy: _, enableOfflineQueue, ...ofNodes } = common;
    return new Cluster([...addresses], {
      clusterRetryStrategy: retryStrategy,
      enableOfflineQueue,
      lazyConnect: true,
      redisOptions: { ...ofNodes, ...(secure && { tls: secure }) },
    });
  }
  if (options.sentinel !== undefined) {
    return new Redis({
      ...common,
      sentinels: [...addresses],
      name: options.sentinel,
      db: database,
      ...(secure && { tls: secure, sentinelTLS: secure, enableTLSForSentinelMode: true }),
    });
  }
  const [{ host, port }] = addresses;
  return new Redis({ ...common, host, port, db: database, ...(secure && { tls: secure }) });
}

/** The client's error as text, without the arguments of the command. */
function reasonOf(error: Error & { readonly lastNodeError?: Error; readonly code?: string }): string {
  const { message, lastNodeError, code, errors } = error as typeof error & { errors?: readonly Error[] };
  if (lastNodeError) return reasonOf(lastNodeError);
  if (message !== '') return message;
  return errors?.map(({ message: each }) => each).join('; ') || code || 'unknown error';
}

/** What no waiting mends. */
function isRefusal(reason: string): boolean {
  return /^(WRONGPASS|NOAUTH|NOPERM|DENIED)|invalid (username|password)|ERR AUTH|certificate|ERR DB index|ERR invalid DB/i.test(
    reason,
  );
}
