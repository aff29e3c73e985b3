import { randomBytes } from 'node:crypto';
import { afterAll, expect, test } from '@jest/globals';
import { EXIT } from '@millrace/service/exit-codes';
import { serversFromEnvironment } from '@millrace/service/fixtures/service-process';
import { Cli, type Ended, folderWith } from './fixtures/cli.ts';
import { paymentFiles } from './fixtures/payments.ts';

const PATIENCE_MS = 120_000;
const pipeline = `o${randomBytes(4).toString('hex')}`;
const named = { 'pipeline: payments': `pipeline: ${pipeline}`, 'topic: alarms': `topic: ${pipeline}.alarms` };
/** A user's topic is not the pipeline's to delete: with more lanes it is another one. */
const more = { ...named, 'lanes: 2': 'lanes: 3', 'topic: alarms': `topic: ${pipeline}.more_alarms` };
const folder = folderWith({
  ...paymentFiles(named),
  'more-lanes.yaml': paymentFiles(more)['pipeline.yaml']!,
});
afterAll(() => folder.remove());

function millrace(...args: readonly string[]): Promise<Ended> {
  const settings = { MILLRACE_CASSANDRA_KEYSPACE: 'services_test', MILLRACE_REPLICATION: '1' };
  return new Cli(args, folder.path, { ...serversFromEnvironment(), ...settings }).ended;
}

test(
  'provision makes what is missing, any number of times, and refuses other lanes',
  async () => {
    for (let i = 0; i < 2; i++) {
      const { code, stderr } = await millrace('provision', 'pipeline.yaml');
      expect(stderr).toMatch(new RegExp(`topics of ${pipeline}: there, 2 lanes, generation 0`));
      expect(stderr).toMatch(/schemas: \d+ registered/);
      expect(stderr).toMatch(/tables: there, in keyspace services_test/);
      expect(code).toBe(EXIT.ok);
    }
    const other = await millrace('provision', 'more-lanes.yaml');
    expect(other.code).toBe(EXIT.cannotRun);
    expect(other.stderr).toMatch(/runs with 2 lanes, the document says 3\..*millrace reset/);
  },
  PATIENCE_MS,
);

test(
  'reset asks first, then starts a generation with the lanes that the document has',
  async () => {
    const asked = await millrace('reset', 'more-lanes.yaml');
    expect(asked.code).toBe(EXIT.usage);
    expect(asked.stderr).toMatch(/--yes/);
    const done = await millrace('reset', 'more-lanes.yaml', '--yes');
    expect(done.stderr).toMatch(/generation 1/);
    expect(done.code).toBe(EXIT.ok);
    const { stderr } = await millrace('provision', 'more-lanes.yaml');
    expect(stderr).toMatch(/3 lanes, generation 1/);
  },
  PATIENCE_MS,
);

test(
  'rebuild names the lanes that it tells, and of a pipeline that never ran says so',
  async () => {
    const { code, stdout } = await millrace('rebuild', 'more-lanes.yaml', '--all');
    expect(code).toBe(EXIT.ok);
    const lanes = ['0', '1', '2'];
    expect(stdout.trim().split('\n').sort()).toEqual(
      ['aggregate', 'merge'].flatMap((stage) => lanes.map((lane) => `${pipeline}.${stage}/1/${lane}`)),
    );
  },
  PATIENCE_MS,
);

test('a server that is not there is named, within the patience', async () => {
  const settings = { MILLRACE_KAFKA: '127.0.0.1:1', MILLRACE_PATIENCE: '1s' };
  const { code, stderr } = await new Cli(['provision', 'pipeline.yaml'], folder.path, {
    ...serversFromEnvironment(),
    ...settings,
  }).ended;
  expect(code).toBe(EXIT.cannotRun);
  expect(stderr).toMatch(
    /millrace: Kafka does not answer: .*\. Start it, or see whether the address is right\./,
  );
}, 60_000);
