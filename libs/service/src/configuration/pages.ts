import { EXIT_MEANINGS } from '../exit-codes.ts';
import type { Setting } from './setting.ts';
import { DEFAULT_PORTS, SETTINGS, variableOf } from './settings.ts';

const ENTRIES = Object.entries(SETTINGS) as [name: string, setting: Setting][];

/** The text of docs/configuration.md. */
export function configurationPage(): string {
  const sections = ENTRIES.map(([name, setting]) => sectionOf(name, setting)).join('\n');
  const codes = EXIT_MEANINGS.map(([code, meaning]) => `| ${code} | ${meaning} |`).join('\n');
  const ports = Object.entries(DEFAULT_PORTS).map(([service, port]) => `${service} ${port}`);
  return `# Configuration of the services

A pipeline's services, \`apps/{${Object.keys(DEFAULT_PORTS).join(',')}}/src/main.ts\`, take no arguments: each setting is a
variable of the environment, or a key of the YAML or JSON file that \`MILLRACE_CONFIG\` names. The environment wins. All
services take the same settings, and so do \`millrace provision\`, \`reset\` and \`rebuild\`. What there is not is refused with
what was probably meant, and every fault is told at once. The file's schema is
[configuration.schema.json](configuration.schema.json).

Needed are \`MILLRACE_PIPELINE\`, \`MILLRACE_KAFKA\`, \`MILLRACE_REGISTRY\`, \`MILLRACE_REDIS\` and \`MILLRACE_CASSANDRA\`. A
secret is also taken from the file that its name with \`_FILE\` names (in the configuration's file: \`_file\`), and is never
logged. Secrets that the document lists come as \`MILLRACE_SECRET_NAME\` or \`MILLRACE_SECRET_NAME_FILE\`.

This page is written by \`npm run -w apps/millrace reference\`.

## Start, health and end

Each service listens on one port (${ports.join(', ')}): \`/livez\` says whether to restart it, \`/readyz\` whether it works, with
the reasons where it does not, and \`/metrics\` what it does ([metrics.md](metrics.md)). It answers from the first line of the
log on (\`listening\`), waits for servers that are not there yet for as long as it takes, and says \`ready\` then. Logs are JSON
lines on standard error.

A lane that can't go on without a person (\`lane_gap\`, \`lane_reset\`, \`state_lost\`, …) stops; the others go on. It is in the
log, in \`/readyz\`, in \`millrace_lane_stopped\` and in \`millrace status\`, each with what to do. After SIGTERM a service takes
nothing new, finishes what it has begun, commits, and leaves its group, so that its lanes move at once; a second signal ends
it where it is, which loses nothing that was acknowledged.

| exit code | meaning |
|---|---|
${codes}

## Settings

${sections}`;
}

function sectionOf(name: string, { description, default: standard, example, secret }: Setting): string {
  const parts = [
    description,
    ...(standard === undefined ? [] : [`Default: \`${standard}\`.`]),
    ...(secret ? [`A secret: also as the file that \`${variableOf(name)}_FILE\` names.`] : []),
    ...(example === '' || secret ? [] : [`Example: \`${variableOf(name)}=${example}\`.`]),
  ];
  return `### \`${variableOf(name)}\`, \`${name}\`\n${parts.join(' ')}\n`;
}

/** JSON Schema of the configuration's file; docs/configuration.schema.json. */
export function configurationSchema(): object {
  const properties = ENTRIES.flatMap(([name, setting]) => {
    const { description, schema, default: standard, secret } = setting;
    const own = { description, ...schema, ...(standard !== undefined && { default: standard }) };
    const file = { description: `A file that holds \`${name}\`.`, type: 'string', minLength: 1 };
    return secret ? [[name, own] as const, [`${name}_file`, file] as const] : [[name, own] as const];
  });
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Configuration of Millrace’s services',
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(properties),
  };
}
