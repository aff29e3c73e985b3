import { readFileSync } from 'node:fs';
import { meantOrKnown } from '@millrace/pipeline/faults';
import { parse } from 'yaml';
import { EXIT } from '../exit-codes.ts';
import { Failure } from '../failure.ts';
import type { Setting } from './setting.ts';
import { type Configuration, SETTINGS, type SettingName, variableOf } from './settings.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const PREFIX = 'MILLRACE_';
const CONFIG = 'MILLRACE_CONFIG';
/** Values of the document's secrets (`secrets.ts`). */
const DOCUMENT_SECRET = 'MILLRACE_SECRET_';
const NAMES = Object.keys(SETTINGS) as SettingName[];
const VARIABLES = new Set([CONFIG, ...NAMES.flatMap((name) => [variableOf(name), ...fileVariable(name)])]);

/**
 * The configuration from the environment, and from the YAML or JSON file that MILLRACE_CONFIG names; the environment
 * wins. Settings in `required` have to be there.
 * @throws Failure that lists every fault at once, without any secret.
 */
export function readConfiguration(env: Environment, required: readonly SettingName[]): Configuration {
  const faults: string[] = [];
  const file = readFile(env[CONFIG], faults);
  refuseUnknown(env, file, faults);
  const values: Record<string, unknown> = {};
  for (const name of NAMES) values[name] = read(name, env, file, faults);
  for (const name of required) {
    if (values[name] === null && !faults.some((fault) => fault.startsWith(variableOf(name)))) {
      const setting: Setting = SETTINGS[name];
      faults.push(`${variableOf(name)} is missing. ${setting.description} (such as ${setting.example})`);
    }
  }
  if (faults.length === 0) return values as unknown as Configuration;
  const count = faults.length === 1 ? 'a fault' : `${faults.length} faults`;
  throw new Failure(
    `the configuration has ${count} (docs/configuration.md lists what there is):\n${faults.map((fault) => `  ${fault}`).join('\n')}`,
    EXIT.usage,
  );
}

function fileVariable(name: SettingName): string[] {
  return SETTINGS[name].secret ? [`${variableOf(name)}_FILE`] : [];
}

type Values = Readonly<Record<string, unknown>>;

function readFile(path: string | undefined, faults: string[]): Values {
  if (path === undefined) return {};
  try {
    const found: unknown = parse(readFileSync(path, 'utf8'));
    if (found === null) return {};
    if (typeof found === 'object' && !Array.isArray(found)) return found as Values;
    faults.push(`${CONFIG}: ${path} is no mapping of settings to values`);
  } catch (error) {
    faults.push(`${CONFIG}: ${path} can't be read: ${(error as Error).message.split('\n')[0]}`);
  }
  return {};
}

function refuseUnknown(env: Environment, file: Values, faults: string[]): void {
  for (const [variable, value] of Object.entries(env)) {
    if (!variable.startsWith(PREFIX) || VARIABLES.has(variable)) continue;
    if (variable.startsWith(DOCUMENT_SECRET) || isServiceLink(variable, value ?? '')) continue;
    faults.push(`${variable}: there is no such setting; ${meantOrKnown(variable, VARIABLES)}`);
  }
  const keys = NAMES.flatMap((name) => [name, ...(SETTINGS[name].secret ? [`${name}_file`] : [])]);
  for (const key of Object.keys(file)) {
    if (keys.includes(key)) continue;
    faults.push(`${key} in ${env[CONFIG]}: there is no such setting; ${meantOrKnown(key, keys)}`);
  }
}

/** Kubernetes tells each container of the services beside it: of one called `millrace`, MILLRACE_PORT=tcp://10.0.0.7:80. */
function isServiceLink(variable: string, value: string): boolean {
  return (
    /^(tcp|udp|sctp):\/\//.test(value) ||
    /_SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)$/.test(variable) ||
    /_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/.test(variable)
  );
}

function read(name: SettingName, env: Environment, file: Values, faults: string[]): unknown {
  const setting: Setting = SETTINGS[name];
  const variable = variableOf(name);
  const given = env[variable];
  const fromEnv = given === undefined || given === '' || isServiceLink(variable, given) ? undefined : given;
  const found =
    fromEnv ??
    (setting.secret ? secretFile(`${variable}_FILE`, env[`${variable}_FILE`], faults) : undefined) ??
    file[name] ??
    (setting.secret ? secretFile(`${name}_file`, file[`${name}_file`], faults) : undefined) ??
    setting.default;
  if (found === undefined || found === null) return null;
  try {
    return setting.read(found);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const where = fromEnv !== undefined || file[name] === undefined ? variable : `${name} in ${env[CONFIG]}`;
    faults.push(`${where}: ${error.message}`);
    return null;
  }
}

function secretFile(setting: string, path: unknown, faults: string[]): string | undefined {
  if (path === undefined || path === '') return undefined;
  try {
    return readFileSync(String(path), 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    faults.push(`${setting} names ${path}, which can't be read: ${(error as Error).message}`);
    return undefined;
  }
}
