import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import confluent from '@kafkajs/confluent-schema-registry/dist/api/index.js';

export interface RegistryOptions {
  /** Base of Confluent's API, `https://host:8081` or, of Apicurio, `https://host/apis/ccompat/v7`. */
  readonly url: string;
  /** Basic authentication. Default: none, or what the URL holds. */
  readonly auth?: { readonly username: string; readonly password: string };
  /** PEM of the authority that signed the registry's certificate. Default: those that Node trusts. */
  readonly ca?: string;
}

/**
 * The registry has not given an answer that could be gone by: it is down, refuses the user, or something else answers
 * at its address.
 */
export class RegistryError extends Error {
  override readonly name = 'RegistryError';
  /** False: only a person can mend it. */
  readonly passing: boolean;
  constructor(message: string, passing: boolean, options?: ErrorOptions) {
    super(message, options);
    this.passing = passing;
  }
}

/** What the registry says where it takes what was asked. */
export interface Answer {
  readonly id?: number;
  readonly schema?: string;
  readonly schemaType?: string;
  readonly compatibilityLevel?: string;
}

/**
 * The registry says no. The client gives its code on by the HTTP status alone, so a 404 may also be a gateway's in front
 * of a registry that is down.
 */
export interface Refusal {
  readonly refused: 'unknown' | 'incompatible' | 'invalid';
  readonly message: string;
}

/** Each rejects with `RegistryError`, after some tries, when the registry does not answer. */
export interface RegistryApi {
  schema(id: number): Promise<Answer | Refusal>;
  /** The id of exactly this schema under the subject. */
  registered(subject: string, schema: string): Promise<Answer | Refusal>;
  register(subject: string, schema: string): Promise<Answer | Refusal>;
  latest(subject: string): Promise<Answer | Refusal>;
  compatibility(subject: string): Promise<Answer | Refusal>;
  setCompatibility(subject: string, level: string): Promise<Answer | Refusal>;
  /** Resolves when it is a registry that answers. */
  confirm(): Promise<void>;
}

const CLIENT = 'millrace';
const REQUEST_TIMEOUT_MS = 5_000;
/** Before a caller hears that the registry is not there: about a second, of requests that fail at once. */
const RETRY = { retries: 2, initialRetryTimeInSecs: 0.2, maxRetryTimeInSecs: 1 };
const UNAUTHORIZED = 401;
const FORBIDDEN = 403;
const NOT_FOUND = 404;
const REFUSALS: ReadonlyMap<number | undefined, Refusal['refused']> = new Map([
  [NOT_FOUND, 'unknown'],
  [409, 'incompatible'],
  [422, 'invalid'],
]);

type Settings = Parameters<typeof confluent.default>[0];
type Middleware = NonNullable<Settings['middlewares']>[number];
type Response = Awaited<ReturnType<NonNullable<ReturnType<Middleware>['response']>>>;
type ResponseError = Error & { readonly status?: number };

/**
 * Confluent's API by the client below `@kafkajs/confluent-schema-registry`. Its `SchemaRegistry` above that sets the
 * compatibility only after the first schema is in, refuses a stricter one, and gives a schema back as avsc has read it.
 */
export function createRegistryApi(options: RegistryOptions): RegistryApi {
  const { host, auth, shown } = addressOf(options);
  const secure = host.startsWith('https:');
  const agent = secure
    ? new HttpsAgent({ keepAlive: true, ...(options.ca === undefined ? {} : { ca: options.ca }) })
    : new HttpAgent({ keepAlive: true });
  const { Schema, Subject } = confluent.default({
    host,
    clientId: CLIENT,
    ...(auth && { auth }),
    agent,
    retry: { ...RETRY, enableRetry: () => true, validateRetry: isPassing },
    middlewares: [timed],
  });
  async function ask(request: Promise<Response>): Promise<Answer | Refusal> {
    try {
      return (await request).data<Record<string, unknown>>() as Answer;
    } catch (error) {
      const { status, message } = error as ResponseError;
      const refused = REFUSALS.get(status);
      if (refused === undefined) throw failure(shown, error as ResponseError);
      return { refused, message: withoutClient(message) };
    }
  }
  return {
    schema: (id) => ask(Schema.find({ id })),
    registered: (subject, schema) => ask(Subject.registered({ subject, body: { schema } })),
    register: (subject, schema) => ask(Subject.register({ subject, body: { schema } })),
    latest: (subject) => ask(Subject.latestVersion({ subject })),
    compatibility: (subject) => ask(Subject.config({ subject })),
    setCompatibility: (subject, compatibility) =>
      ask(Subject.updateConfig({ subject, body: { compatibility } })),
    async confirm() {
      const answer = await ask(Subject.all({}));
      if (!Array.isArray(answer)) throw notRegistry(shown);
    },
  };
}

/** The client waits for ever otherwise. */
const timed: Middleware = () => ({
  prepareRequest: async (next) => (await next()).enhance({ timeout: REQUEST_TIMEOUT_MS }),
});

/** Whether to ask again may help. What could not be sent has an error, and a status of the client's own. */
function isPassing(response: Response): boolean {
  return response.status() >= 500 || response.error() !== null;
}

function withoutClient(message: string): string {
  return message.replace(new RegExp(`^${CLIENT} - (Error, status \\d+: )?`), '');
}

function notRegistry(shown: string): RegistryError {
  return new RegistryError(
    `what answers at ${shown} is no schema registry: check the URL's path (Apicurio's ends in /apis/ccompat/v7), and that the registry is up.`,
    // A gateway in front of a registry that is down answers too.
    true,
  );
}

function failure(shown: string, error: ResponseError): RegistryError {
  const { status } = error;
  const message = withoutClient(error.message);
  if (status === UNAUTHORIZED || status === FORBIDDEN) {
    return new RegistryError(
      `the schema registry ${shown} refuses the user (${status}): check the user name and password, and that the user may read and write subjects.`,
      false,
    );
  }
  if (/certificate|self-signed|wrong version number|EPROTO/i.test(message)) {
    return new RegistryError(
      `the schema registry ${shown} is not trusted: ${message}. Set the certificate of its authority (CA).`,
      false,
    );
  }
  return new RegistryError(`the schema registry ${shown} does not answer: ${message}`, true, {
    cause: error,
  });
}

function addressOf({ url, auth }: RegistryOptions) {
  let place: URL;
  try {
    place = new URL(url);
  } catch {
    throw new RegistryError('the address of the schema registry is no URL such as http://host:8081', false);
  }
  const { username, password } = place;
  place.username = '';
  place.password = '';
  const host = place.href.replace(/\/+$/, '');
  const given =
    username === ''
      ? undefined
      : { username: decodeURIComponent(username), password: decodeURIComponent(password) };
  return { host, auth: auth ?? given, shown: host };
}
