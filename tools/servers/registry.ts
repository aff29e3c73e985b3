import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { artifactFolder } from './artifacts.ts';
import type { Program } from './server.ts';

const ANSWER_WITHIN_MS = 3_000;

/** Apicurio, which speaks Confluent's API; its schemas are in a file of its own. */
export function registryProgram({ folder, port }: { folder: string; port: number }): Program {
  const base = `http://127.0.0.1:${port}`;
  const address = `${base}/apis/ccompat/v7`;
  const answers = async (url: string, init: RequestInit = {}) => {
    try {
      const response = await fetch(url, { ...init, signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
      await response.arrayBuffer();
      return response.ok;
    } catch {
      return false;
    }
  };
  const temporary = join(folder, 'tmp');
  const jar = join(artifactFolder('registry'), 'apicurio-registry-app-3.0.9-runner.jar');
  // A schema whose id was told must be there after a crash, or its id goes to another.
  const database = `jdbc:h2:file:${join(folder, 'registry')};DB_CLOSE_ON_EXIT=FALSE;WRITE_DELAY=0`;
  const settings: Record<string, string | number> = {
    'java.io.tmpdir': temporary,
    'java.util.logging.manager': 'org.jboss.logmanager.LogManager',
    'quarkus.http.host': '127.0.0.1',
    'quarkus.http.port': port,
    'quarkus.http.access-log.enabled': 'false',
    'apicurio.storage.kind': 'sql',
    'apicurio.storage.sql.kind': 'h2',
    'apicurio.datasource.url': database,
    'apicurio.datasource.jdbc.initial-size': 2,
    'apicurio.datasource.jdbc.min-size': 2,
    'apicurio.datasource.jdbc.max-size': 10,
    'apicurio.rest.deletion.artifact.enabled': 'true',
    'apicurio.rest.deletion.artifact-version.enabled': 'true',
    'apicurio.rest.deletion.group.enabled': 'true',
  };
  return {
    kind: 'registry',
    folder,
    ports: [port],
    address,
    async prepare() {
      mkdirSync(temporary, { recursive: true });
    },
    command: [
      ...['java', '-Xms64m', '-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
      '-XX:+ExitOnOutOfMemoryError',
      ...Object.entries(settings).map(([name, value]) => `-D${name}=${value}`),
      '-jar',
      jar,
    ],
    isReady: async () => (await answers(`${base}/health/ready`)) && (await answers(`${address}/subjects`)),
    async furnish() {
      // It starts with none, other registries with this.
      const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json' };
      const body = JSON.stringify({ compatibility: 'BACKWARD' });
      if (await answers(`${address}/config`, { method: 'PUT', headers, body })) return;
      throw new Error(`the registry at ${address} does not take a compatibility level`);
    },
  };
}
