import { LaneStopped } from '@millrace/lanes/ports/log';
import { EXIT, type ExitCode } from './exit-codes.ts';

/** Ends a program with a message for people: what, where, what to do. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly exitCode: ExitCode;
  constructor(message: string, exitCode: ExitCode = EXIT.cannotRun, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** Errors whose message says it all, by name: their classes belong to libraries that this one doesn't know. */
const SPEAKING = new Set([
  'TableError',
  'StateDamaged',
  'SchemaIncompatible',
  'ReplayRefused',
  'DiskError',
  'FolderInUse',
  'KafkaSetupError',
  'KafkaUnreachable',
  'TopicError',
  'RegistryError',
  'RedisSetupError',
  'RedisError',
  'CassandraRefused',
  'CassandraUnavailable',
]);

/** Takes whatever was thrown to what a person should read. A defect keeps its stack. */
export function failureOf(error: unknown): Failure {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const known = knownFailure(cause);
    if (known !== null) return known;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new Failure(`a defect of Millrace, please report it:\n${text}`, EXIT.defect, { cause: error });
}

function knownFailure(error: Error): Failure | null {
  if (error instanceof Failure) return error;
  if (error instanceof LaneStopped) {
    return new Failure(`${error.message} [${error.code}]`, EXIT.cannotRun, { cause: error });
  }
  const message = SPEAKING.has(error.name) ? error.message : systemMessage(error);
  return message === null ? null : new Failure(message, EXIT.cannotRun, { cause: error });
}

function systemMessage(error: unknown): string | null {
  const { code, path, port, address } = (error ?? {}) as {
    readonly code?: string;
    readonly path?: string;
    readonly port?: number;
    readonly address?: string;
  };
  switch (code) {
    case 'EADDRINUSE':
      return `port ${port} of ${address} is in use by another program. Choose another one with --port, or 0 for any free one.`;
    case 'EACCES':
      return port === undefined
        ? `no permission for ${path}. Mend its permissions or run as its owner.`
        : `no permission to listen on port ${port}. Choose one above 1023 with --port.`;
    case 'ENOENT':
      return path === undefined ? null : `there is no file ${path}.`;
    case 'EISDIR':
      return `${path ?? 'that'} is a folder, not a file.`;
    case 'ENOSPC':
      return 'the disk is full. Make room and start again: everything acknowledged is kept.';
    case 'ENOTFOUND':
    case 'EADDRNOTAVAIL':
      return `this machine has no address ${address ?? ''}. Use --host 127.0.0.1, or 0.0.0.0 for all.`;
    default:
      return null;
  }
}
