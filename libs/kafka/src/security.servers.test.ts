import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Certificates, makeCertificates } from '@millrace/testkit/certificates';
import { artifactFolder } from '@millrace/tools/servers/artifacts';
import { type Servers, startServers } from '@millrace/tools/servers/servers';
import type { ClientOptions } from './clients.ts';
import { openKafkaLog } from './event-log.ts';
import { smallPlan } from './fixtures/plan.ts';
import { provisionPipeline } from './pipeline.ts';
import { type KafkaSecurity, SASL_MECHANISMS, type SaslSettings } from './security.ts';
import { KafkaSetupError } from './setup-error.ts';

const SETTINGS = { replication: 1, retentionMs: 86_400_000 };
const PASSWORD = 'a-secret-pass';
const TIMEOUT_MS = 120_000;
/** kafkajs tries some times before it says that it was a certificate. */
const REFUSED_WITHIN_MS = 25_000;

let certificates: Certificates;
let servers: Servers;
const logged: string[] = [];
const note = (fields: object, message: string) => {
  logged.push(message + JSON.stringify(fields, (_, value) => (value instanceof Error ? value.stack : value)));
};
const logger = { info: note, warn: note, error: note };

const oneLine = (pem: string) => pem.trim().replaceAll('\n', '\\n');

/** The listener that clients come to, whatever its name says, speaks TLS and asks who they are. */
function secured() {
  const modules = 'org.apache.kafka.common.security';
  const scram = `${modules}.scram.ScramLoginModule required;`;
  const plain = `${modules}.plain.PlainLoginModule required username="app" password="${PASSWORD}" user_app="${PASSWORD}";`;
  return {
    'listener.security.protocol.map': 'PLAINTEXT:SASL_SSL,CONTROLLER:PLAINTEXT',
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    'sasl.mechanism.inter.broker.protocol': 'PLAIN',
    'listener.name.plaintext.plain.sasl.jaas.config': plain,
    'listener.name.plaintext.scram-sha-256.sasl.jaas.config': scram,
    'listener.name.plaintext.scram-sha-512.sasl.jaas.config': scram,
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.certificate.chain': oneLine(certificates.cert),
    'ssl.keystore.key': oneLine(certificates.key),
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.certificates': oneLine(certificates.ca),
  };
}

/** As an operator does, with Kafka's own tool. */
function addScramUsers(): void {
  const configuration = join(certificates.folder, 'client.properties');
  writeFileSync(
    configuration,
    [
      'security.protocol=SASL_SSL',
      'sasl.mechanism=PLAIN',
      `sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="app" password="${PASSWORD}";`,
      'ssl.truststore.type=PEM',
      `ssl.truststore.certificates=${oneLine(certificates.ca)}`,
    ].join('\n'),
  );
  const user = ['--alter', '--entity-type', 'users', '--entity-name', 'app'];
  const server = ['--bootstrap-server', servers.kafka!.address, '--command-config', configuration];
  const tool = ['-cp', join(artifactFolder('kafka'), '*'), 'kafka.admin.ConfigCommand'];
  for (const mechanism of ['SCRAM-SHA-256', 'SCRAM-SHA-512']) {
    const secret = ['--add-config', `${mechanism}=[password=${PASSWORD}]`];
    execFileSync('java', [...tool, ...server, ...user, ...secret], { stdio: 'pipe' });
  }
}

beforeAll(async () => {
  certificates = makeCertificates();
  servers = await startServers({ kinds: ['kafka'], settings: { kafka: secured } });
  addScramUsers();
}, TIMEOUT_MS);

afterAll(async () => {
  await servers?.stop();
  certificates?.remove();
});

const tls = () => ({ ca: certificates.ca });
const sasl = (mechanism: SaslSettings['mechanism'], password = PASSWORD): SaslSettings => ({
  mechanism,
  username: 'app',
  password,
});
const optionsWith = (security: KafkaSecurity): ClientOptions => ({
  brokers: [servers.kafka!.address],
  clientId: 'security',
  logger,
  security,
});

test.each(SASL_MECHANISMS)(
  'a pipeline over TLS with %s',
  async (mechanism) => {
    const options = optionsWith({ tls: tls(), sasl: sasl(mechanism) });
    const plan = smallPlan();
    await provisionPipeline(options, plan, SETTINGS);
    const log = await openKafkaLog(options);
    const topic = `${plan.pipeline}.raw`;
    const record = { value: Buffer.from('over TLS'), timestampMs: Date.now() };
    expect(await log.append(topic, 0, [record])).toBe(0);
    const { records } = await log.read(topic, 0, 0, 1);
    expect(Buffer.from(records[0]!.value).toString()).toBe('over TLS');
    await log.close();
  },
  TIMEOUT_MS,
);

interface Refusal {
  readonly title: string;
  readonly security: () => KafkaSecurity;
  readonly says: RegExp;
  /** It may also be a broker that is just going down: trying again is not wrong. */
  readonly passing?: true;
  /** Said at once. */
  readonly quick?: true;
}

const refusals: readonly Refusal[] = [
  ...SASL_MECHANISMS.map((mechanism) => ({
    title: `a wrong password with ${mechanism}`,
    security: () => ({ tls: tls(), sasl: sasl(mechanism, 'wrong-secret') }),
    says: /refuse the user "app".*Check its name, its password/,
    quick: true as const,
  })),
  {
    title: 'an authority that is not known',
    security: () => ({ tls: true, sasl: sasl('plain') }),
    says: /certificate is not trusted.*Set the certificate of its authority/,
  },
  {
    title: 'another authority',
    security: () => {
      const others = makeCertificates();
      others.remove();
      return { tls: { ca: others.ca }, sasl: sasl('plain') };
    },
    says: /certificate is not trusted/,
  },
  {
    title: 'another name than the certificate has',
    security: () => ({ tls: { ...tls(), serverName: 'elsewhere' }, sasl: sasl('plain') }),
    says: /certificate is not trusted.*elsewhere/,
  },
  {
    title: 'no TLS where there is TLS',
    security: () => ({ sasl: sasl('plain') }),
    says: /speak TLS/,
    passing: true,
  },
];

test.each(refusals)(
  '$title is said in one line, without trying for ever, and no secret is told',
  async ({ security, says, passing = false, quick = false }) => {
    const options = optionsWith(security());
    const doors = [() => openKafkaLog(options), () => provisionPipeline(options, smallPlan(), SETTINGS)];
    // The same way in; those that take long go it once.
    for (const open of quick ? doors : doors.slice(0, 1)) {
      const started = performance.now();
      const error: Error = await open().then(
        () => new Error('it was taken'),
        (reason) => reason,
      );
      expect(error.message).toMatch(says);
      expect(error instanceof KafkaSetupError).toBe(!passing);
      expect(error.message).not.toContain('\n');
      expect(performance.now() - started).toBeLessThan(REFUSED_WITHIN_MS);
    }
    const told = logged.join('\n');
    expect(told).not.toContain(PASSWORD);
    expect(told).not.toContain('wrong-secret');
    expect(told).not.toContain(Buffer.from(`\0app\0wrong-secret`).toString('base64'));
  },
  TIMEOUT_MS,
);
