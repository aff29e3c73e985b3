import { readFileSync } from 'node:fs';

/** As in package.json: all workspaces have the same. */
export const version: string = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
).version;
