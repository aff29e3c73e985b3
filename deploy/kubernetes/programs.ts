import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A folder with `bin` and `schemas`, looked into before the PATH. */
export const TOOLS = 'MILLRACE_K8S_TOOLS';
/** A folder of JSON Schemas of Kubernetes, as kubeconform takes them: vVERSION-standalone-strict/KIND-GROUP-VERSION.json */
export const SCHEMAS = 'MILLRACE_K8S_SCHEMAS';

const SCHEMAS_OF_A_VERSION = /^v(\d+\.\d+\.\d+)-standalone-strict$/;

/** The PATH on which the programs are found. */
export function programPath(env: NodeJS.ProcessEnv): string {
  const tools = env[TOOLS];
  return [...(tools ? [join(tools, 'bin')] : []), env.PATH ?? ''].join(delimiter);
}

export function hasProgram(name: string, path: string): boolean {
  return path.split(delimiter).some((folder) => folder !== '' && isExecutable(join(folder, name)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Where kubeconform finds schemas without the network, and of which version of Kubernetes; null: nowhere. */
export function offlineSchemas(env: NodeJS.ProcessEnv): { location: string; version: string } | null {
  const tools = env[TOOLS];
  const folder = env[SCHEMAS] ?? (tools ? join(tools, 'schemas') : null);
  if (folder === null || !existsSync(folder)) return null;
  const versions = readdirSync(folder).flatMap((name) => SCHEMAS_OF_A_VERSION.exec(name)?.[1] ?? []);
  const version = versions.sort(new Intl.Collator('en', { numeric: true }).compare).at(-1);
  if (version === undefined) return null;
  const file =
    '{{ .NormalizedKubernetesVersion }}-standalone-strict/{{ .ResourceKind }}{{ .KindSuffix }}.json';
  return { location: join(folder, file), version };
}
