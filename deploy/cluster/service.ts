import { join } from 'node:path';
import { SETTINGS, type ServiceName, variableOf } from '@millrace/service/configuration/settings';
import type { Program } from '@millrace/tools/servers/server';

export interface ServiceOptions {
  name: ServiceName;
  /** Default: its name; several of one service differ in it. */
  instance?: string;
  /** Where its log goes. */
  folder: string;
  /** A free one. */
  port: number;
  /** The pipeline document. */
  pipeline: string;
  /** Addresses of servers and other settings, by variable. */
  environment: Readonly<Record<string, string>>;
}

const VARIABLES = new Set(['MILLRACE_CONFIG', ...Object.keys(SETTINGS).map(variableOf)]);
const repository = join(import.meta.dirname, '../..');

/** One service as a process on this machine; for `createServer` of tools/servers. */
export function serviceProgram(options: ServiceOptions): Program {
  const { name, instance = name, folder, port, pipeline, environment } = options;
  return {
    kind: instance,
    folder,
    ports: [port],
    address: `http://127.0.0.1:${port}`,
    command: [process.execPath, join(repository, 'apps', name, 'src/main.ts')],
    env: {
      ...knownSettings(process.env),
      ...environment,
      MILLRACE_PIPELINE: pipeline,
      MILLRACE_INSTANCE: instance,
      MILLRACE_PORT: String(port),
      MILLRACE_LOG_FORMAT: 'json',
    },
    isReady: (printed) => printed.includes('"msg":"ready"'),
  };
}

/** Services refuse settings that they don't know, such as those of tests. */
function knownSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const isKept = (name: string) =>
    !name.startsWith('MILLRACE_') ||
    name.startsWith('MILLRACE_SECRET_') ||
    VARIABLES.has(name.replace(/_FILE$/, ''));
  return Object.fromEntries(Object.entries(env).filter(([name]) => isKept(name)));
}
