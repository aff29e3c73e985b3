import { describe, expect, test } from '@jest/globals';
import { CASES, manifests, ofKind, podsOf } from '../fixtures/chart.ts';
import { type Peer, reach } from '../fixtures/reach.ts';

const HOME = 'events';
const STAGES = ['ingest', 'validate', 'enrich', 'aggregate', 'route', 'serve'];
const SERVERS = { kafka: 9092, registry: 8080, redis: 6379, cassandra: 9042, jaeger: 4318 };

const all = manifests([...CASES.laptop, '--set', 'provision.enabled=true,tests.event=true']);
const pods = new Map(podsOf(all).map((pod) => [pod.name.replace(/^orders-/, ''), peerOf(pod)]));
const outside: Peer = { namespace: 'elsewhere', labels: null, ports: {} };
const stranger: Peer = { namespace: HOME, labels: { app: 'stranger' }, ports: {} };
const foreigner: Peer = { namespace: 'elsewhere', labels: { app: 'stranger' }, ports: {} };
const prometheus: Peer = { namespace: 'monitoring', labels: { app: 'prometheus' }, ports: {} };
const dns: Peer = { namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' }, ports: {} };
const reaches = reach(all, HOME);
const pod = (name: string): Peer => pods.get(name)!;
/** Names of all pods that `from` reaches on the port on which they listen. */
const reached = (from: Peer) =>
  [...pods].filter(([name, to]) => to !== from && reaches(from, to, portOf(name))).map(([name]) => name);

test('every pod has a policy of its own, for both directions', () => {
  const policies = ofKind(all, 'NetworkPolicy');
  for (const [name, { labels }] of pods) {
    const own = policies.filter(({ spec }) =>
      Object.entries(spec.podSelector.matchLabels).every(([key, value]) => labels![key] === value),
    );
    expect([name, own.map(({ spec }) => spec.policyTypes)]).toEqual([name, [['Ingress', 'Egress']]]);
  }
});

describe('a stage reaches the servers that it uses, and nobody else', () => {
  test.each([
    ['ingest', ['jaeger', 'kafka', 'redis', 'registry']],
    ['validate', ['cassandra', 'jaeger', 'kafka', 'redis', 'registry']],
    ['enrich', ['cassandra', 'jaeger', 'kafka', 'redis', 'registry']],
    ['aggregate', ['cassandra', 'jaeger', 'kafka', 'redis', 'registry']],
    ['route', ['cassandra', 'jaeger', 'kafka', 'redis', 'registry']],
    ['serve', ['cassandra', 'jaeger', 'kafka', 'redis', 'registry']],
    ['provision', ['cassandra', 'kafka', 'redis', 'registry']],
    ['registry', ['kafka']],
    ['kafka', []],
    ['redis', []],
    ['cassandra', []],
    ['jaeger', []],
  ])('%s', (name, expected) => {
    expect(reached(pod(name)).sort()).toEqual(expected);
  });

  test('each looks names up', () => {
    for (const stage of STAGES) expect(reaches(pod(stage), dns, 53)).toBe(true);
  });

  test('the API server and the web are out of reach', () => {
    for (const peer of [outside, foreigner]) {
      for (const port of [80, 443, 6443]) {
        for (const stage of STAGES) expect([stage, reaches(pod(stage), peer, port)]).toEqual([stage, false]);
      }
    }
  });
});

describe('a pipeline is reached', () => {
  test('at its doors from its namespace, and nowhere from others', () => {
    expect(reached(stranger).sort()).toEqual(['ingest', 'serve']);
    expect(reached(foreigner)).toEqual([]);
    expect(reached(outside)).toEqual([]);
  });

  test('on its metrics by Prometheus', () => {
    expect(reached(prometheus).sort()).toEqual([...STAGES].sort());
  });

  test('by what helm test runs', () => {
    for (const name of ['test-readiness', 'test-event']) {
      expect(reached(pod(name)).sort()).toEqual([...STAGES].sort());
    }
  });
});

test('production: the doors are for the gateway alone, and servers outside are reached on their ports', () => {
  const production = manifests(CASES.production);
  const passes = reach(production, HOME);
  const stages = new Map(podsOf(production).map((each) => [each.name.replace(/^orders-/, ''), peerOf(each)]));
  const gateway: Peer = { namespace: 'gateway', labels: { app: 'gateway' }, ports: {} };
  const open = (from: Peer) => STAGES.filter((stage) => passes(from, stages.get(stage)!, 8080));
  expect(open(gateway)).toEqual(['ingest', 'serve']);
  expect(open(stranger)).toEqual([]);
  const ports = (stage: string) =>
    [80, 443, 4318, 6380, 6443, 9042, 9093, 9142].filter((port) => passes(stages.get(stage)!, outside, port));
  expect(ports('ingest')).toEqual([443, 4318, 6380, 9093]);
  expect(ports('route')).toEqual([443, 4318, 6380, 9093, 9142]);
  expect(ports('provision')).toEqual([443, 6380, 9093, 9142]);
});

function portOf(name: string): number {
  return SERVERS[name as keyof typeof SERVERS] ?? 8080;
}

function peerOf({ labels, spec }: ReturnType<typeof podsOf>[number]): Peer {
  const ports = spec.containers.flatMap((each: { ports?: { name: string; containerPort: number }[] }) =>
    (each.ports ?? []).map(({ name, containerPort }) => [name, containerPort]),
  );
  return { namespace: HOME, labels, ports: Object.fromEntries(ports) };
}
