import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { EXIT } from '../exit-codes.ts';
import type { Failure } from '../failure.ts';
import { type Environment, readConfiguration } from './configuration.ts';
import { configurationSchema } from './pages.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-configuration-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function failureOf(env: Environment, required: Parameters<typeof readConfiguration>[1] = []): Failure {
  try {
    readConfiguration(env, required);
  } catch (error) {
    return error as Failure;
  }
  throw new Error('nothing was wrong with it');
}

test('texts become what the services work with', () => {
  const { kafka, drain, trace_rate, kafka_tls, port, replication } = readConfiguration(
    {
      MILLRACE_KAFKA: 'a:9092, [::1]:9093',
      MILLRACE_DRAIN: '5s',
      MILLRACE_TRACE_RATE: '0.5',
      MILLRACE_KAFKA_TLS: 'true',
      MILLRACE_PORT: '0',
    },
    [],
  );
  expect({ kafka, drain, trace_rate, kafka_tls, port, replication }).toEqual({
    kafka: ['a:9092', '[::1]:9093'],
    drain: 5_000,
    trace_rate: 0.5,
    kafka_tls: true,
    port: 0,
    replication: 3,
  });
});

test('what is not given is null, or its default; it listens on this machine only', () => {
  expect(readConfiguration({}, [])).toMatchObject({ redis: null, host: '127.0.0.1', log_level: 'info' });
});

describe('with a file', () => {
  const yaml = file('a.yaml', 'kafka: [a:1, b:2]\nlog_level: debug\nreplication: 2\n');

  test('its values count where the environment says nothing', () => {
    const { kafka, log_level, replication } = readConfiguration(
      { MILLRACE_CONFIG: yaml, MILLRACE_LOG_LEVEL: 'error' },
      [],
    );
    expect({ kafka, log_level, replication }).toEqual({
      kafka: ['a:1', 'b:2'],
      log_level: 'error',
      replication: 2,
    });
  });

  test('JSON is YAML', () => {
    const json = file('a.json', '{"port": 81}');
    expect(readConfiguration({ MILLRACE_CONFIG: json }, []).port).toBe(81);
  });

  test('a fault names the file', () => {
    const bad = file('bad.yaml', 'porrt: 1\ndrain: 5\n');
    const { message } = failureOf({ MILLRACE_CONFIG: bad });
    expect(message).toMatch(/porrt in .*bad\.yaml: there is no such setting; did you mean port\?/);
    expect(message).toMatch(/drain in .*bad\.yaml: "5" is not a duration/);
  });

  test('one that is not there is told', () => {
    expect(failureOf({ MILLRACE_CONFIG: join(folder, 'none.yaml') }).message).toMatch(
      /none\.yaml can't be read/,
    );
  });
});

test('every fault is told at once, with the exit code of a wrong configuration', () => {
  const { message, exitCode } = failureOf(
    { MILLRACE_KAFKKA: 'a:1', MILLRACE_PORT: '70000', MILLRACE_REGISTRY: 'localhost:8081' },
    ['pipeline', 'registry'],
  );
  expect(exitCode).toBe(EXIT.usage);
  expect(message.split('\n').slice(1)).toEqual([
    '  MILLRACE_KAFKKA: there is no such setting; did you mean MILLRACE_KAFKA?',
    '  MILLRACE_PORT: it has to be a whole number from 0 to 65535',
    '  MILLRACE_REGISTRY: it has to begin with http:// or https:// and name a host',
    expect.stringMatching(/^ {2}MILLRACE_PIPELINE is missing\./),
  ]);
});

test('what Kubernetes says of services beside it is no setting', () => {
  const links = {
    MILLRACE_SERVICE_HOST: '10.0.0.7',
    MILLRACE_SERVICE_PORT: '80',
    MILLRACE_PORT: 'tcp://10.0.0.7:80',
    MILLRACE_PORT_80_TCP: 'tcp://10.0.0.7:80',
    MILLRACE_PORT_80_TCP_ADDR: '10.0.0.7',
    MILLRACE_INGEST_SERVICE_PORT_HTTP: '8080',
  };
  expect(readConfiguration(links, []).port).toBeNull();
});

describe('secrets', () => {
  const password = file('password', 'from a file\n');

  test('come from files, too', () => {
    const env = { MILLRACE_REDIS_PASSWORD_FILE: password };
    expect(readConfiguration(env, []).redis_password).toBe('from a file');
    const inFile = file('s.yaml', `redis_password_file: ${password}\n`);
    expect(readConfiguration({ MILLRACE_CONFIG: inFile }, []).redis_password).toBe('from a file');
  });

  test('are in no message', () => {
    const env = {
      MILLRACE_REDIS: 'http://user:hunter2@host',
      MILLRACE_KAFKA_PASSWORD: 'hunter2',
      MILLRACE_X: '',
    };
    expect(failureOf(env).message).not.toContain('hunter2');
  });

  test('of a file that is not there are a fault', () => {
    expect(failureOf({ MILLRACE_KAFKA_PASSWORD_FILE: '/nowhere' }).message).toMatch(
      /MILLRACE_KAFKA_PASSWORD_FILE names \/nowhere, which can't be read/,
    );
  });

  test('of the document are not settings', () => {
    expect(() => readConfiguration({ MILLRACE_SECRET_TOKEN: 'x' }, [])).not.toThrow();
  });
});

test('the schema of the file knows the files of secrets, and nothing that there is not', () => {
  expect(configurationSchema()).toMatchObject({
    additionalProperties: false,
    properties: { kafka_password_file: { type: 'string' }, replication: { type: 'integer', default: 3 } },
  });
});
