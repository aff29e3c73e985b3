import { delimiter, dirname } from 'node:path';

/** @param {string} node @returns {NodeJS.ProcessEnv} this environment, in which `node` means the given one */
export function withNodeFirst(node) {
  const env = { ...process.env };
  // Windows spells it Path.
  const name = Object.keys(env).find((key) => key.toUpperCase() === 'PATH') ?? 'PATH';
  env[name] = [dirname(node), env[name]].filter(Boolean).join(delimiter);
  return env;
}
