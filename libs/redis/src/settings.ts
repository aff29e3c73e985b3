/** Where Redis is, and how to sign in. */
export interface RedisOptions {
  /**
   * `redis[s]://[USER[:PASSWORD]@]HOST[:PORT][/DATABASE]`; the second form speaks TLS. Of a cluster or of sentinels
   * several, separated by commas; then the first says how to sign in.
   */
  readonly url: string;
  /** Rather than in the URL. */
  readonly username?: string;
  readonly password?: string;
  /** Who may sign the server's certificate, as PEM; absent: whom Node trusts. */
  readonly ca?: string;
  /** The URLs are nodes of a cluster. */
  readonly cluster?: boolean;
  /** The URLs are sentinels, which know where the master of this name is. */
  readonly sentinel?: string;
  /** What all keys begin with. Default: `millrace`. */
  readonly prefix?: string;
  /** For tests. */
  readonly commandTimeoutMs?: number;
  /** For tests. */
  readonly startTimeoutMs?: number;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface Settings {
  readonly addresses: readonly [Address, ...Address[]];
  readonly tls: boolean;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly database: number;
  readonly prefix: string;
  /** For messages: without user and password. */
  readonly place: string;
}

const DEFAULT_PORT = 6379;
const DEFAULT_PREFIX = 'millrace';

/** @throws RangeError when they can't be used; the message has no secret in it. */
export function readSettings(options: RedisOptions): Settings {
  const { cluster = false, sentinel, prefix = DEFAULT_PREFIX } = options;
  const urls = options.url.split(',').map((text) => parseUrl(text.trim()));
  const [first] = urls;
  if (first === undefined) throw new RangeError('Redis: no URL');
  if (cluster && sentinel !== undefined)
    throw new RangeError('Redis: it is a cluster or has sentinels, not both');
  if (urls.length > 1 && !cluster && sentinel === undefined)
    throw new RangeError('Redis: several URLs are for a cluster or for sentinels; say which');
  const database = databaseOf(first);
  if (cluster && database !== 0) throw new RangeError('Redis: a cluster has no databases but 0');
  if (/[{}]/.test(prefix)) throw new RangeError(`Redis: the prefix ${prefix} must be without braces`);
  const [address, ...others] = urls.map(addressOf);
  return {
    addresses: [address!, ...others],
    tls: first.protocol === 'rediss:',
    username: options.username ?? decoded(first.username),
    password: options.password ?? decoded(first.password),
    database,
    prefix,
    place: urls.map((url) => `${url.protocol}//${url.host}${url.pathname}`).join(','),
  };
}

function parseUrl(text: string): URL {
  // Never shown: it may hold a password.
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || (url.protocol !== 'redis:' && url.protocol !== 'rediss:') || url.hostname === '')
    throw new RangeError('Redis: the URL must be redis[s]://[USER[:PASSWORD]@]HOST[:PORT][/DATABASE]');
  return url;
}

function addressOf({ hostname, port }: URL): Address {
  const host = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  return { host, port: port === '' ? DEFAULT_PORT : Number(port) };
}

function databaseOf({ pathname }: URL): number {
  const text = pathname.slice(1);
  if (text === '') return 0;
  if (/^\d{1,5}$/.test(text)) return Number(text);
  throw new RangeError('Redis: what follows the host in the URL is the number of a database');
}

function decoded(text: string): string | undefined {
  if (text === '') return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    throw new RangeError('Redis: a % in the user or password of the URL is written %25');
  }
}
