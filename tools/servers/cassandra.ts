import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { artifactFolder } from './artifacts.ts';
import type { Program } from './server.ts';

/** Keys of cassandra.yaml; its values are JSON, which is YAML too. */
export type CassandraSettings = Record<string, unknown>;

export interface CassandraOptions {
  folder: string;
  /** Clients', other nodes'. */
  ports: readonly [number, number];
  /** Added to what is set here, or instead of it. @param port clients' */
  settings?: ((port: number) => CassandraSettings) | undefined;
}

export function cassandraProgram({ folder, ports, settings }: CassandraOptions): Program {
  const configuration = join(folder, 'conf');
  const temporary = join(folder, 'tmp');
  const [port] = ports;
  const all = { ...defaults(folder, ports), ...settings?.(port) };
  return {
    kind: 'cassandra',
    folder,
    ports,
    address: `127.0.0.1:${port}`,
    async prepare() {
      mkdirSync(configuration, { recursive: true });
      mkdirSync(temporary, { recursive: true });
      const lines = Object.entries(all).map(([name, value]) => `${name}: ${JSON.stringify(value)}\n`);
      writeFileSync(join(configuration, 'cassandra.yaml'), lines.join(''));
      writeFileSync(join(configuration, 'logback.xml'), LOGGING);
    },
    get command() {
      const libraries = artifactFolder('cassandra');
      const jamm = readdirSync(libraries).find((name) => name.startsWith('jamm-'));
      return [
        'java',
        ...['-Xms384m', '-Xmx512m', '-Xss512k', '-XX:+UseG1GC', '-XX:MaxGCPauseMillis=200'],
        ...['-XX:+ExitOnOutOfMemoryError', '-XX:+PerfDisableSharedMem', '-XX:MaxDirectMemorySize=256m'],
        `-javaagent:${join(libraries, jamm!)}`,
        ...properties(folder, configuration, temporary),
        ...EXPORTS.map((name) => `--add-exports=${name}=ALL-UNNAMED`),
        ...OPENS.map((name) => `--add-opens=${name}=ALL-UNNAMED`),
        '-cp',
        `${configuration}:${join(libraries, '*')}`,
        'org.apache.cassandra.service.CassandraDaemon',
      ];
    },
    isReady: (printed) => printed.includes('Startup complete'),
  };
}

function defaults(folder: string, [port, storagePort]: readonly [number, number]): CassandraSettings {
  return {
    cluster_name: 'millrace',
    num_tokens: 1,
    partitioner: 'org.apache.cassandra.dht.Murmur3Partitioner',
    seed_provider: [
      {
        class_name: 'org.apache.cassandra.locator.SimpleSeedProvider',
        parameters: [{ seeds: `127.0.0.1:${storagePort}` }],
      },
    ],
    listen_address: '127.0.0.1',
    rpc_address: '127.0.0.1',
    storage_port: storagePort,
    native_transport_port: port,
    start_native_transport: true,
    endpoint_snitch: 'SimpleSnitch',
    authenticator: 'AllowAllAuthenticator',
    authorizer: 'AllowAllAuthorizer',
    data_file_directories: [join(folder, 'data')],
    commitlog_directory: join(folder, 'commitlog'),
    saved_caches_directory: join(folder, 'saved_caches'),
    hints_directory: join(folder, 'hints'),
    cdc_raw_directory: join(folder, 'cdc_raw'),
    // The only copy: what it acknowledged must be there after a crash.
    commitlog_sync: 'batch',
    commitlog_segment_size: '8MiB',
    commitlog_total_space: '256MiB',
    memtable_heap_space: '128MiB',
    memtable_offheap_space: '128MiB',
    key_cache_size: '16MiB',
    file_cache_size: '64MiB',
    networking_cache_size: '16MiB',
    concurrent_reads: 16,
    // Each waits for the disk.
    concurrent_writes: 32,
    concurrent_compactors: 1,
    auto_snapshot: false,
    auto_bootstrap: false,
    write_request_timeout: '10s',
    read_request_timeout: '10s',
    range_request_timeout: '20s',
    storage_compatibility_mode: 'NONE',
  };
}

function properties(folder: string, configuration: string, temporary: string): string[] {
  const values = {
    'java.io.tmpdir': temporary,
    'jna.tmpdir': temporary,
    'java.net.preferIPv4Stack': 'true',
    'java.security.manager': 'allow',
    'jdk.attach.allowAttachSelf': 'true',
    'io.netty.tryReflectionSetAccessible': 'true',
    'logback.configurationFile': join(configuration, 'logback.xml'),
    'cassandra.config': pathToFileURL(join(configuration, 'cassandra.yaml')).href,
    'cassandra.storagedir': folder,
    'cassandra.logdir': folder,
    'cassandra-foreground': 'yes',
    'cassandra.available_processors': '2',
    // A single node has nobody to wait for.
    'cassandra.ring_delay_ms': '1',
    'cassandra.skip_wait_for_gossip_to_settle': '0',
    'cassandra.superuser_setup_delay_ms': '0',
  };
  return Object.entries(values).map(([name, value]) => `-D${name}=${value}`);
}

const LOGGING = `<configuration>
  <appender name="OUT" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%-5level [%thread] %date{ISO8601} %F:%L - %msg%n</pattern></encoder>
  </appender>
  <root level="INFO"><appender-ref ref="OUT"/></root>
</configuration>
`;

// From Cassandra's own conf/jvm17-server.options: it reaches into the JDK.
const EXPORTS = [
  'java.base/jdk.internal.misc',
  'java.management.rmi/com.sun.jmx.remote.internal.rmi',
  'java.rmi/sun.rmi.registry',
  'java.rmi/sun.rmi.server',
  'java.sql/java.sql',
  'java.base/java.lang.ref',
  'jdk.unsupported/sun.misc',
  'jdk.attach/sun.tools.attach',
];
const OPENS = [
  'java.base/java.lang.module',
  'java.base/jdk.internal.loader',
  'java.base/jdk.internal.ref',
  'java.base/jdk.internal.reflect',
  'java.base/jdk.internal.math',
  'java.base/jdk.internal.module',
  'java.base/jdk.internal.util.jar',
  'jdk.management/com.sun.management.internal',
  'java.base/sun.nio.ch',
  'java.base/java.io',
  'java.base/java.lang',
  'java.base/java.lang.reflect',
  'java.base/java.util',
  'java.base/java.nio',
];
