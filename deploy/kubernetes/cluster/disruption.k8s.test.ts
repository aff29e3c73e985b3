import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { CASES, CHART, helm, RELEASE } from '../fixtures/chart.ts';
import { createNamespace, deleteNamespace, kubectl, list, runEviction, until } from '../fixtures/cluster.ts';

let namespace: string;
let nodes: string[];
beforeAll(() => {
  namespace = createNamespace();
  nodes = list(namespace, 'nodes').map(({ metadata }) => metadata.name);
  const options = ['--namespace', namespace, '--wait', '--timeout', '100s'];
  expect(helm('install', RELEASE, CHART, ...CASES.minimal, ...options)).toMatchObject({ code: 0 });
});
afterAll(() => {
  for (const node of nodes) kubectl('uncordon', node);
  deleteNamespace(namespace);
});

const pods = (stage: string) =>
  list(namespace, 'pods', '--selector', `app.kubernetes.io/component=${stage}`).filter(
    ({ metadata }) => !('deletionTimestamp' in metadata),
  );
const ready = (stage: string) =>
  pods(stage).filter(({ status }) =>
    (status.conditions as { type: string; status: string }[]).some(
      (each) => each.type === 'Ready' && each.status === 'True',
    ),
  );

test('a stage’s pods are on different nodes', () => {
  for (const stage of ['ingest', 'validate', 'aggregate']) {
    expect(new Set(pods(stage).map(({ spec }) => spec.nodeName)).size).toBe(2);
  }
});

test('while one pod of a stage has no node, the other may not be evicted', async () => {
  // So the first one's replacement waits.
  for (const node of nodes) kubectl('cordon', node);
  const [first, second] = pods('validate').map(({ metadata }) => metadata.name);
  expect(runEviction(namespace, first!)).toMatchObject({ code: 0 });
  await until('its replacement waits', () =>
    pods('validate').some(({ status }) => status.phase === 'Pending'),
  );
  const refused = runEviction(namespace, second!);
  expect(refused.code).not.toBe(0);
  expect(refused.stderr).toMatch(/would violate the pod's disruption budget/);
  // Another stage has a budget of its own.
  expect(runEviction(namespace, pods('route')[0]!.metadata.name)).toMatchObject({ code: 0 });
  for (const node of nodes) kubectl('uncordon', node);
  await until('both are there again', () => ready('validate').length === 2 && ready('route').length === 2);
  await until('the second may go now', () => runEviction(namespace, second!).code === 0);
});

test('a node is drained, and every stage is whole on the others', async () => {
  const [node] = nodes as [string];
  await until('each stage is whole', () =>
    ['validate', 'route', 'serve'].every((stage) => ready(stage).length === 2),
  );
  const selector = ['--pod-selector', `app.kubernetes.io/instance=${RELEASE}`];
  kubectl('drain', node, '--delete-emptydir-data', '--ignore-daemonsets', '--timeout=90s', ...selector);
  await until('each stage is whole again', () =>
    ['validate', 'route', 'serve'].every((stage) => ready(stage).length === 2),
  );
  const left = list(namespace, 'pods', '--field-selector', `spec.nodeName=${node}`);
  expect(left.map(({ metadata }) => metadata.name)).toEqual([]);
});
