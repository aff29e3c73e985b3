import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { CASES, CHART, helm, RELEASE } from '../fixtures/chart.ts';
import {
  createNamespace,
  createSecrets,
  deleteNamespace,
  everything,
  kubectl,
  list,
  until,
} from '../fixtures/cluster.ts';

let namespace: string;
beforeEach(() => {
  namespace = createNamespace();
  createSecrets(namespace);
});
afterEach(() => deleteNamespace(namespace));

const WAIT = ['--wait', '--timeout', '100s'];
const run = (verb: string, ...args: readonly string[]) =>
  helm(verb, RELEASE, '--namespace', namespace, ...args);

test.each(['laptop', 'staging', 'production'] as const)(
  '%s: the API server takes all of it, under restricted Pod Security, and gives it back',
  async (name) => {
    const before = everything(namespace);
    expect(run('install', CHART, ...CASES[name], ...WAIT)).toMatchObject({ code: 0 });
    for (const { metadata, status } of list(namespace, 'deployments')) {
      expect([metadata.name, status.availableReplicas]).toEqual([metadata.name, status.replicas]);
    }
    expect(run('uninstall', '--wait', '--timeout', '60s')).toMatchObject({ code: 0 });
    await until('nothing is left', () => everything(namespace).every((each) => before.includes(each)));
  },
);

test('an autoscaler keeps its replicas over releases, and what it may do is what the chart says', () => {
  const scaled = [...CASES.minimal, '--set', 'stages.enrich.scaling.kind=cpu,stages.enrich.scaling.min=2'];
  const name = `${RELEASE}-enrich`;
  expect(run('install', CHART, ...scaled, ...WAIT)).toMatchObject({ code: 0 });
  kubectl('--namespace', namespace, 'scale', 'deployment', name, '--replicas=5');
  expect(run('upgrade', CHART, ...scaled, '--set', 'image.tag=9.9.9', ...WAIT)).toMatchObject({ code: 0 });
  const deployment = list(namespace, 'deployments').find(({ metadata }) => metadata.name === name)!;
  expect(deployment.status).toMatchObject({ replicas: 5, updatedReplicas: 5 });
  const [autoscaler, ...others] = list(namespace, 'horizontalpodautoscalers');
  expect(others).toEqual([]);
  expect(autoscaler!.spec).toMatchObject({
    scaleTargetRef: { kind: 'Deployment', name },
    minReplicas: 2,
    maxReplicas: 8,
    behavior: { scaleDown: { policies: [{ type: 'Pods', value: 1 }] } },
  });
});
