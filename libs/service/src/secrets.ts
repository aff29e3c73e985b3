import { readFileSync } from 'node:fs';
import type { Plan } from '@millrace/pipeline/plan';
import { EXIT } from './exit-codes.ts';
import { Failure } from './failure.ts';

const PREFIX = 'MILLRACE_SECRET_';

/**
 * The values of the secrets that the document lists: for `alarm_url` the variable MILLRACE_SECRET_ALARM_URL, or the
 * file that MILLRACE_SECRET_ALARM_URL_FILE names, without its last line end.
 * @throws Failure that names every one that has no value.
 */
export function readSecrets(
  plan: Plan,
  env: Readonly<Record<string, string | undefined>>,
): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  const missing: string[] = [];
  for (const name of plan.secrets) {
    const variable = `${PREFIX}${name.toUpperCase()}`;
    const file = env[`${variable}_FILE`];
    const value = env[variable] ?? (file === undefined ? undefined : readSecretFile(variable, file));
    if (value === undefined) missing.push(`${name} (${variable}, or a file named by ${variable}_FILE)`);
    else values.set(name, value);
  }
  if (missing.length === 0) return values;
  throw new Failure(
    `secrets without a value: ${missing.join('; ')}. Set them in the environment.`,
    EXIT.cannotRun,
  );
}

function readSecretFile(variable: string, file: string): string {
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    throw new Failure(
      `${variable}_FILE names ${file}, which can't be read: ${(error as Error).message}`,
      EXIT.cannotRun,
    );
  }
}
