import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CASES, CHART, helm, pipeline, RELEASE, type Run } from '../fixtures/chart.ts';
import {
  apply,
  createNamespace,
  createSecrets,
  deleteNamespace,
  everything,
  kubectl,
  list,
  tryKubectl,
  until,
} from '../fixtures/cluster.ts';

const STAGES = ['aggregate', 'enrich', 'ingest', 'route', 'serve', 'validate'];
const WAIT = ['--wait', '--timeout', '100s'];

let namespace: string;
beforeAll(() => {
  namespace = createNamespace();
  createSecrets(namespace);
});
afterAll(() => deleteNamespace(namespace));

const inNamespace = (verb: string, ...args: readonly string[]): Run =>
  helm(verb, RELEASE, '--namespace', namespace, ...args);
function release(verb: 'install' | 'upgrade', ...args: readonly string[]): void {
  expect(inNamespace(verb, CHART, ...WAIT, ...args)).toMatchObject({ code: 0 });
}
const stages = () => list(namespace, 'deployments', '--selector', 'app.kubernetes.io/name=millrace');
const checksums = () =>
  stages().map(({ spec }) => spec.template.metadata.annotations['checksum/pipeline'] as string);
const identities = () =>
  new Map(stages().map(({ metadata }) => [metadata.name, (metadata as { uid?: string }).uid]));

test('pods that are not restricted are not let into the namespace', () => {
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'free', namespace } };
  expect(() => apply({ ...pod, spec: { containers: [{ name: 'free', image: 'free' }] } })).toThrow(
    /PodSecurity "restricted/,
  );
});

describe('a release from its beginning to its end', () => {
  let before: readonly string[];
  let first: readonly string[];

  test('installed: provisioned first, then every stage with all its replicas', () => {
    before = everything(namespace);
    release('install', ...CASES.minimal);
    first = checksums();
    expect(stages().map(({ metadata }) => metadata.name)).toEqual(
      STAGES.map((stage) => `${RELEASE}-${stage}`),
    );
    for (const { status } of stages()) expect(status).toMatchObject({ replicas: 2, availableReplicas: 2 });
    // A hook that has succeeded is gone; that there was one, the next test shows.
    expect(everything(namespace).filter((name) => name.includes('provision'))).toEqual([]);
  });

  test('what stops the Job stops the release before a pod is touched', () => {
    const never = [
      '--set',
      'provision.timeoutSeconds=1,image.tag=9.9.9',
      '--set',
      'provision.resources.requests.cpu=1k',
    ];
    const bigLimit = ['--set', 'provision.resources.limits.cpu=1k'];
    const { code, stderr } = inNamespace(
      'upgrade',
      CHART,
      ...CASES.minimal,
      ...never,
      ...bigLimit,
      '--timeout',
      '60s',
    );
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/pre-upgrade hooks? failed/),
    });
    expect(stages().map(({ spec }) => spec.template.spec.containers[0].image)).not.toContainEqual(
      expect.stringContaining('9.9.9'),
    );
  });

  test('what the chart refuses changes nothing', () => {
    const generations = () =>
      stages().map(({ metadata }) => (metadata as { generation?: number }).generation);
    const was = generations();
    expect(inNamespace('upgrade', CHART, ...CASES.minimal, '--set', 'stages.route.replicas=9')).toMatchObject(
      { code: 1 },
    );
    expect(generations()).toEqual(was);
  });

  test('upgraded to another pipeline: every stage rolls, and is the same object', () => {
    const was = identities();
    release(
      'upgrade',
      ...CASES.minimal,
      '--set',
      'secrets.pipeline=millrace-pipeline',
      ...pipeline('guarded'),
    );
    expect(checksums()).toHaveLength(first.length);
    checksums().forEach((checksum, number) => {
      expect(checksum).not.toBe(first[number]);
    });
    expect(identities()).toEqual(was);
    for (const { status } of stages())
      expect(status).toMatchObject({ updatedReplicas: 2, availableReplicas: 2 });
  });

  test('rolled back: as it was', async () => {
    expect(inNamespace('rollback', '1', ...WAIT)).toMatchObject({ code: 0 });
    expect(checksums()).toEqual(first);
    await until('two pods of each stage', () => pods().length === 2 * STAGES.length);
  });

  test('each pod that runs is under one NetworkPolicy', async () => {
    const policies = list(namespace, 'networkpolicies');
    for (const { metadata } of pods()) {
      const own = policies.filter(({ spec }) =>
        Object.entries(spec.podSelector.matchLabels).every(([key, value]) => metadata.labels![key] === value),
      );
      expect(own.map(({ spec }) => spec.policyTypes)).toEqual([['Ingress', 'Egress']]);
    }
  });

  test('no pod has a token of the API server', () => {
    const volumes = pods().flatMap(({ spec }) => spec.volumes as { projected?: { sources: object[] } }[]);
    expect(volumes.length).toBeGreaterThan(0);
    expect(JSON.stringify(volumes)).not.toContain('serviceAccountToken');
  });

  test.each([
    ['Succeeded', 0],
    ['Failed', 1],
  ] as const)('helm test, whose pods have %s, exits %d', async (phase, code) => {
    expect(await testWhosePodsEnd(phase)).toBe(code);
  });

  test('uninstalled: nothing is left', async () => {
    // What failed stays for people to read; they remove it.
    kubectl(
      '--namespace',
      namespace,
      'delete',
      'pod,job',
      '--selector',
      'app.kubernetes.io/name!=millrace',
      '--wait=false',
    );
    expect(inNamespace('uninstall', '--wait', '--timeout', '60s')).toMatchObject({ code: 0 });
    const hooks = () => everything(namespace).filter((name) => !before.includes(name));
    await until('all is gone but what a failed hook leaves', () =>
      hooks().every((name) => name.includes('provision')),
    );
  });

  /** kwok leaves pods that no Job owns running for ever: this is their kubelet. */
  async function testWhosePodsEnd(phase: 'Succeeded' | 'Failed'): Promise<number> {
    const child = spawn('helm', ['test', RELEASE, '--namespace', namespace, '--timeout', '60s'], {
      stdio: 'ignore',
    });
    const ended = once(child, 'close');
    let isOver = false;
    void ended.then(() => {
      isOver = true;
    });
    while (!isOver) {
      for (const { metadata, status } of list(
        namespace,
        'pods',
        '--selector',
        'app.kubernetes.io/name=millrace-test',
      )) {
        if (status.phase !== 'Running') continue;
        const patch = ['--subresource=status', '--patch', JSON.stringify({ status: { phase } })];
        tryKubectl('--namespace', namespace, 'patch', 'pod', metadata.name, ...patch);
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    return (await ended)[0] as number;
  }
});

function pods() {
  return list(namespace, 'pods', '--selector', 'app.kubernetes.io/name=millrace');
}
