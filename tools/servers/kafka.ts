import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { artifactFolder } from './artifacts.ts';
import type { Keeper } from './keeper.ts';
import type { Program } from './server.ts';

/** Lines of server.properties. */
export type KafkaSettings = Record<string, string | number>;

export interface KafkaOptions {
  folder: string;
  /** Two for each broker: clients', controllers'. */
  ports: readonly number[];
  /** Added to what is set here, or instead of it. @param port the broker's, for clients */
  settings?: ((port: number) => KafkaSettings) | undefined;
}

const PORTS_EACH = 2;

/** One broker, or three with replication 3; each is a controller as well, so that any one of three may be missing. */
export function kafkaPrograms({ folder, ports, settings }: KafkaOptions): Program[] {
  const count = ports.length / PORTS_EACH;
  const nodes = Array.from({ length: count }, (_, index) => ({
    id: index + 1,
    port: ports[index * PORTS_EACH]!,
    controllerPort: ports[index * PORTS_EACH + 1]!,
    folder: count === 1 ? folder : join(folder, String(index + 1)),
  }));
  const voters = nodes.map(({ id, controllerPort }) => `${id}@127.0.0.1:${controllerPort}`).join(',');
  return nodes.map((node) => {
    const configuration = join(node.folder, 'server.properties');
    const all = { ...defaults(node, voters, count), ...settings?.(node.port) };
    return {
      kind: 'kafka',
      folder: node.folder,
      ports: [node.port, node.controllerPort],
      address: `127.0.0.1:${node.port}`,
      async prepare(keeper) {
        writeFileSync(configuration, properties(all));
        writeFileSync(join(node.folder, 'log4j2.properties'), properties(LOGGING));
        await format(keeper, node.folder, clusterId(folder));
      },
      command: [
        ...java(node.folder),
        ...['-Xms128m', count === 1 ? '-Xmx384m' : '-Xmx256m', '-XX:+UseG1GC', '-XX:MaxGCPauseMillis=20'],
        '-XX:+ExitOnOutOfMemoryError',
        'kafka.Kafka',
        configuration,
      ],
      isReady: (printed) => printed.includes('Kafka Server started'),
    };
  });
}

interface Node {
  id: number;
  port: number;
  controllerPort: number;
  folder: string;
}

function defaults({ id, port, controllerPort, folder }: Node, voters: string, count: number): KafkaSettings {
  return {
    'process.roles': 'broker,controller',
    'node.id': id,
    'controller.quorum.voters': voters,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': join(folder, 'log'),
    'num.network.threads': 2,
    'num.io.threads': 4,
    'auto.create.topics.enable': 'false',
    'default.replication.factor': count,
    'min.insync.replicas': Math.min(2, count),
    'offsets.topic.num.partitions': 8,
    'offsets.topic.replication.factor': count,
    'transaction.state.log.num.partitions': 8,
    'transaction.state.log.replication.factor': count,
    'transaction.state.log.min.isr': Math.min(2, count),
    'share.coordinator.state.topic.replication.factor': count,
    'share.coordinator.state.topic.min.isr': Math.min(2, count),
    // Groups of tests don't wait for members that never come.
    'group.initial.rebalance.delay.ms': 0,
    // One that was killed may come back only when its former session has ended.
    'broker.session.timeout.ms': 4_000,
    'broker.heartbeat.interval.ms': 500,
    'log.cleaner.dedupe.buffer.size': 16_777_216,
  };
}

const LOGGING = {
  status: 'warn',
  'rootLogger.level': 'info',
  'rootLogger.appenderRef.out.ref': 'OUT',
  'appender.out.type': 'Console',
  'appender.out.name': 'OUT',
  'appender.out.layout.type': 'PatternLayout',
  'appender.out.layout.pattern': '[%d] %p %m (%c)%n',
};

function java(folder: string): string[] {
  const classes = join(artifactFolder('kafka'), '*');
  const logging = join(folder, 'log4j2.properties');
  return ['java', '-cp', classes, `-Dlog4j2.configurationFile=${logging}`, '-Djava.awt.headless=true'];
}

/** All nodes of a cluster have the same, before any of them has run. */
function clusterId(folder: string): string {
  const path = join(folder, 'cluster.id');
  mkdirSync(folder, { recursive: true });
  // Its first letter must not be a dash: it is an argument.
  if (!existsSync(path)) writeFileSync(path, `K${randomBytes(16).toString('base64url').slice(1)}`);
  return readFileSync(path, 'utf8');
}

async function format(keeper: Keeper, folder: string, cluster: string): Promise<void> {
  if (existsSync(join(folder, 'log', 'meta.properties'))) return;
  const logPath = join(folder, 'format.log');
  const configuration = join(folder, 'server.properties');
  const tool = ['kafka.tools.StorageTool', 'format', '-t', cluster, '-c', configuration];
  const command = [...java(folder), '-Xmx128m', '-XX:TieredStopAtLevel=1', ...tool];
  const { child } = await keeper.launch(command, { logPath, cwd: folder });
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  if (child.exitCode !== 0) {
    throw new Error(`kafka can't format ${folder}: ${readFileSync(logPath, 'utf8')}`);
  }
}

function properties(settings: KafkaSettings): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}
