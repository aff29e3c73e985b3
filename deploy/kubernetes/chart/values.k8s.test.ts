import { describe, expect, test } from '@jest/globals';
import { CASES, pipeline, refusal, render } from '../fixtures/chart.ts';

const set = (text: string) => ['--set', text];

describe('what a value may be', () => {
  test.each([
    [
      'a key that is not there',
      'defaults.replica=3',
      /at '\/defaults': additional properties 'replica' not allowed/,
    ],
    [
      'a stage that is not there',
      'stages.digest.replicas=3',
      /at '\/stages': additional properties 'digest'/,
    ],
    [
      'a number below its least',
      'defaults.replicas=-1',
      /at '\/defaults\/replicas': minimum: got -1, want 0/,
    ],
    ['text for a number', 'defaults.replicas=many', /at '\/defaults\/replicas': got string, want integer/],
    [
      'a word that is none of those',
      'defaults.scaling.kind=gpu',
      /at '\/defaults\/scaling\/kind': value must be one of/,
    ],
    ['a setting that is not there', 'configuration.kafak=x', /at '\/configuration': .*'kafak' not allowed/],
    [
      'a port that is none',
      'network.servers.kafka.ports={0}',
      /at '\/network\/servers\/kafka\/ports\/0': minimum/,
    ],
    ['text for yes or no', 'laptop.enabled=perhaps', /at '\/laptop\/enabled': got string, want boolean/],
  ])('%s is refused, and it says where', (_, wrong, message) => {
    expect(refusal([...CASES.minimal, ...set(wrong)])).toMatch(message);
  });

  test.each(['kafka_password', 'redis_password', 'registry_username', 'cassandra_password'])(
    'a secret (%s) has no place in the values',
    (key) => {
      expect(refusal([...CASES.minimal, ...set(`configuration.${key}=hunter2`)])).toMatch(
        `'${key}' not allowed`,
      );
    },
  );
});

describe('what could not work is refused, with what to do', () => {
  test('no pipeline', () => {
    const values = CASES.minimal.slice(0, 2);
    expect(refusal(values)).toMatch(/pipeline is missing.*millrace bundle.*--set-file pipeline=/s);
  });

  test('a pipeline that is none: its name instead of its text', () => {
    const message = refusal([...CASES.minimal.slice(0, 2), ...set('pipeline=bundle.yaml')]);
    expect(message).toMatch(/not a pipeline document.*--set-file \(not --set\)/s);
  });

  test.each(['kafka', 'registry', 'redis', 'cassandra'])('no address of %s', (server) => {
    const addresses = { kafka: 'k:9092', registry: 'http://r', redis: 'redis://r', cassandra: 'c:9042' };
    const others = Object.entries(addresses).filter(([name]) => name !== server);
    const values = others.flatMap(([name, address]) => set(`configuration.${name}=${address}`));
    expect(refusal([...pipeline('open'), ...values])).toMatch(
      new RegExp(`configuration\\.${server} is missing.*values-laptop\\.yaml`, 's'),
    );
  });

  test('secrets of the document that no Secret has', () => {
    const message = refusal([...CASES.minimal, ...pipeline('guarded')]);
    expect(message).toMatch(/secrets\.pipeline is missing.*ingest_token/s);
  });

  test.each(['validate', 'enrich', 'aggregate', 'route'])('more replicas of %s than lanes', (stage) => {
    const message = refusal([...CASES.minimal, ...set(`stages.${stage}.replicas=9`)]);
    expect(message).toMatch(new RegExp(`replicas of stage ${stage} is 9.*has 8 lanes.*Set at most 8`, 's'));
    expect(render([...CASES.minimal, ...set(`stages.${stage}.replicas=8`)])).toContain('replicas: 8');
  });

  test.each(['cpu', 'lag'])('an autoscaler (%s) that would go over the lanes', (kind) => {
    const scaling = `stages.validate.scaling.kind=${kind},stages.validate.scaling.max`;
    expect(refusal([...CASES.minimal, ...set(`${scaling}=9`)])).toMatch(
      /scaling\.max of stage validate is 9.*8 lanes/s,
    );
    expect(render([...CASES.minimal, ...set(`${scaling}=8`)])).toMatch(/max(Replicas|ReplicaCount): 8/);
    expect(render([...CASES.minimal, ...set(`${scaling}=0`)])).toMatch(/max(Replicas|ReplicaCount): 8/);
  });

  test.each(['ingest', 'serve'])('%s by lag: it reads no lanes', (stage) => {
    const message = refusal([...CASES.minimal, ...set(`stages.${stage}.scaling.kind=lag`)]);
    expect(message).toMatch(new RegExp(`stages\\.${stage}\\.scaling\\.kind is lag.*cpu or none`, 's'));
    // Lanes are no limit to them.
    expect(render([...CASES.minimal, ...set(`stages.${stage}.replicas=20`)])).toContain('replicas: 20');
  });
});
