import type { Repository } from '../repository.ts';
import type { Fault, Rule } from '../rule.ts';
import type { Reference } from '../source.ts';

const adapters = ['libs/embedded', 'libs/kafka', 'libs/redis', 'libs/cassandra'];
const kernel = ['libs/pipeline', 'libs/lanes'];
const anything = ['libs', 'apps', 'simulation', 'bench', 'examples', 'tools', 'deploy', 'faults'];

/** Who may import whom, beside itself; the first line whose pattern fits a file decides. */
const allowed: [file: RegExp, folders: string[]][] = [
  [/^libs\/pipeline\//, []],
  [/^libs\/lanes\//, ['libs/pipeline']],
  [/^libs\/(embedded|kafka|redis|cassandra)\//, kernel],
  [/^libs\/service\//, [...kernel, ...adapters]],
  [/^libs\/testkit\//, kernel],
  [/^apps\/millrace\//, [...kernel, 'libs/service', 'apps']],
  [/^apps\/[^/]+\/src\/main\.ts$/, [...kernel, 'libs/service']],
  [/^apps\//, kernel],
  [/^(simulation|bench|examples|tools|deploy|faults)\//, anything],
];

/** Packages that only one library may know, so that it can be replaced. */
const reserved: Record<string, string> = {
  kafkajs: 'libs/kafka',
  '@kafkajs/confluent-schema-registry': 'libs/kafka',
  lmdb: 'libs/embedded',
  ioredis: 'libs/redis',
  'cassandra-driver': 'libs/cassandra',
  '@opentelemetry/api': 'libs/service',
  '@opentelemetry/resources': 'libs/service',
  '@opentelemetry/sdk-trace': 'libs/service',
  '@opentelemetry/exporter-trace-otlp-http': 'libs/service',
};

/** The direction of imports: pipeline ← lanes ← adapters ← service ← apps (architecture.md, "Layout"). */
export const layers: Rule = (repository) =>
  [...repository.sources.values()].flatMap(({ path, references }) =>
    references
      .filter(({ isImport }) => isImport)
      .flatMap((reference) => faultOf(path, reference, repository) ?? []),
  );

function faultOf(path: string, { specifier, line }: Reference, repository: Repository): Fault | undefined {
  const home = repository.workspaceOf(path)?.folder;
  const fault = (message: string) => ({ path, line, message });
  const owner = Object.entries(reserved).find(([name]) => `${specifier}/`.startsWith(`${name}/`))?.[1];
  // The bench measures the peers that are written on the bare packages; faults judges by clients of its own.
  if (owner && owner !== home && home !== 'bench' && home !== 'faults')
    return fault(`only ${owner} may import ${specifier}: go through its port`);
  const target = repository.resolve(path, specifier);
  if (target === undefined) {
    if (!specifier.startsWith('@millrace/') && !specifier.startsWith('.')) return undefined;
    return fault(`${specifier} leads to no file`);
  }
  const goal = repository.workspaceOf(target)?.folder ?? '';
  if (isTestCode(target) && !isTestCode(path)) return fault(`${specifier} is for tests only`);
  if (goal === home) {
    const backwards = /\/stage\.ts$/.test(path) && /\/main\.ts$/.test(target);
    return backwards ? fault('a stage must not import the program that runs it') : undefined;
  }
  if (specifier.startsWith('.')) {
    return fault(`a relative path must stay in ${home}: import ${goal} by its package name`);
  }
  // Tests may set up whatever they need.
  if (isTestCode(path)) return undefined;
  if (goal === 'libs/testkit' && !/^(simulation|bench)\//.test(path)) {
    return fault('the testkit is for tests, the simulation and the bench');
  }
  const folders = allowed.find(([file]) => file.test(path))?.[1] ?? [];
  if (folders.some((folder) => `${goal}/`.startsWith(`${folder}/`))) return undefined;
  return fault(`${home} must not import ${goal}: ${reason(folders)}`);
}

function isTestCode(path: string): boolean {
  return path.endsWith('.test.ts') || path.includes('/fixtures/');
}

function reason(folders: string[]): string {
  return folders.length > 0 ? `from here only ${folders.join(', ')}` : 'it stands on npm packages alone';
}
