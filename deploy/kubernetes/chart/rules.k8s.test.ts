import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { readConfiguration } from '@millrace/service/configuration/configuration';
import { parse } from 'yaml';
import {
  CASE_NAMES,
  CASES,
  type Manifest,
  manifests,
  named,
  ofKind,
  pipeline,
  podsOf,
  RELEASE,
  stagesOf,
} from '../fixtures/chart.ts';

const STAGES = ['aggregate', 'enrich', 'ingest', 'route', 'serve', 'validate'];
const folder = mkdtempSync(join(tmpdir(), 'millrace-chart-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const set = (text: string) => ['--set', text];
const identities = (all: readonly Manifest[]) =>
  all.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort();
const template = (deployment: Manifest) => JSON.stringify(deployment.spec.template);

describe('names', () => {
  test('stay as they are, whatever is released', () => {
    const before = manifests(CASES.minimal);
    const changes = [
      ...set('image.tag=9.9.9,labels.team=sales,defaults.replicas=5'),
      ...set('configuration.drain=45s'),
    ];
    const after = manifests([...CASES.minimal, ...changes]);
    expect(identities(after)).toEqual(identities(before));
    expect(stagesOf(after).map(({ metadata }) => metadata.name)).toEqual(
      STAGES.map((stage) => `${RELEASE}-${stage}`),
    );
  });

  test('selectors stay, since Kubernetes lets none of a Deployment change', () => {
    const selectors = (args: readonly string[]) => stagesOf(manifests(args)).map(({ spec }) => spec.selector);
    expect(selectors([...CASES.minimal, ...set('image.tag=9.9.9,labels.team=sales')])).toEqual(
      selectors(CASES.minimal),
    );
  });

  test('an autoscaler of either kind is called as what it scales, and its own HPA is too', () => {
    const scaled = (kind: string) =>
      manifests([...CASES.minimal, ...set(`stages.validate.scaling.kind=${kind}`)]);
    const name = `${RELEASE}-validate`;
    const byCpu = named(scaled('cpu'), 'HorizontalPodAutoscaler', name);
    expect(byCpu.spec.scaleTargetRef).toEqual({ apiVersion: 'apps/v1', kind: 'Deployment', name });
    const byLag = named(scaled('lag'), 'ScaledObject', name);
    expect(byLag.spec.scaleTargetRef.name).toBe(name);
    expect(byLag.spec.advanced.horizontalPodAutoscalerConfig.name).toBe(name);
    // Helm would take the autoscaler's replicas back at every release.
    for (const kind of ['cpu', 'lag']) {
      expect(named(scaled(kind), 'Deployment', name).spec).not.toHaveProperty('replicas');
    }
  });
});

describe('a release rolls what has changed', () => {
  const before = stagesOf(manifests(CASES.minimal)).map(template);
  const after = (...args: readonly string[]) =>
    stagesOf(manifests([...CASES.minimal, ...args])).map(template);

  test('nothing where only replicas differ', () => {
    expect(after(...set('defaults.replicas=3'))).toEqual(before);
  });

  test.each([
    ['another pipeline', [...set('secrets.pipeline=x'), ...pipeline('guarded')]],
    ['another setting', set('configuration.log_level=debug')],
    ['another image', set('image.tag=9.9.9')],
  ])('every stage with %s', (_, args) => {
    const changed = after(...args);
    expect(changed).toHaveLength(STAGES.length);
    changed.forEach((text, number) => {
      expect(text).not.toBe(before[number]);
    });
  });

  test('one stage alone where only it is told something else', () => {
    const changed = after(...set('stages.route.configuration.log_level=debug'));
    expect(changed.flatMap((text, number) => (text === before[number] ? [] : [STAGES[number]]))).toEqual([
      'route',
    ]);
  });
});

describe.each(CASE_NAMES)('%s', (name) => {
  const all = manifests(CASES[name]);

  test('the services understand what they are told', () => {
    const settings = join(folder, `${name}.yaml`);
    writeFileSync(settings, named(all, 'ConfigMap', RELEASE).data!['settings.yaml']!);
    for (const stage of stagesOf(all)) {
      const env = Object.fromEntries(
        variablesOf(stage).map(([key, value]) => [key, localOf(key, value, settings)]),
      );
      const required = ['pipeline', 'kafka', 'registry', 'redis', 'cassandra'] as const;
      const read = readConfiguration(env, required);
      expect(read).toMatchObject({ host: '0.0.0.0', port: 8080, pipeline: '/etc/millrace/pipeline.yaml' });
    }
  });

  test('no secret is in it, nor in the environment: only files, and names to log in with', () => {
    expect(ofKind(all, 'Secret')).toEqual([]);
    for (const { name: pod, spec } of podsOf(all)) {
      for (const { name: key, valueFrom } of spec.containers.flatMap(
        (each: { env?: object[] }) => each.env ?? [],
      )) {
        expect(`${pod} ${key}`).not.toMatch(/PASSWORD$|TOKEN$|SECRET_[A-Z_]+(?<!_FILE)$/);
        if (valueFrom?.secretKeyRef) expect(valueFrom.secretKeyRef.key).toBe('username');
      }
      for (const { secret, projected } of spec.volumes ?? []) {
        if (projected) expect(projected.defaultMode).toBe(0o440);
        if (secret) expect(secret.defaultMode).toBe(0o440);
      }
    }
  });

  test('each pod is restricted, bounded, and a stranger to the API server', () => {
    const pods = podsOf(all);
    expect(pods.length).toBeGreaterThanOrEqual(STAGES.length + 1);
    for (const { spec } of pods) {
      expect(spec).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false });
      expect(spec.securityContext).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      for (const container of [...spec.containers, ...(spec.initContainers ?? [])]) {
        expect(container.securityContext).toMatchObject({
          readOnlyRootFilesystem: true,
          allowPrivilegeEscalation: false,
          capabilities: { drop: ['ALL'] },
        });
        expect(container.resources.limits).toMatchObject({
          cpu: expect.anything(),
          memory: expect.anything(),
        });
        expect(container.image).toMatch(/:v?\d+\.\d+\.\d+/);
      }
    }
    for (const account of ofKind(all, 'ServiceAccount')) {
      expect(account).toMatchObject({ automountServiceAccountToken: false });
    }
    expect(ofKind(all, 'Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding')).toEqual([]);
  });

  test('each stage is asked whether it lives and works, and may drain before it is ended', () => {
    const settings = parse(named(all, 'ConfigMap', RELEASE).data!['settings.yaml']!) as { drain: string };
    const drainSeconds = Number.parseInt(settings.drain, 10);
    for (const { spec } of stagesOf(all)) {
      const { containers, terminationGracePeriodSeconds } = spec.template.spec;
      const [{ livenessProbe, readinessProbe, startupProbe, lifecycle, ports }] = containers;
      expect(livenessProbe.httpGet).toEqual({ path: '/livez', port: 'http' });
      expect(startupProbe.httpGet).toEqual({ path: '/livez', port: 'http' });
      expect(readinessProbe.httpGet).toEqual({ path: '/readyz', port: 'http' });
      expect(ports).toEqual([{ name: 'http', containerPort: 8080 }]);
      const leaveSeconds = lifecycle?.preStop.sleep.seconds ?? 0;
      expect(terminationGracePeriodSeconds).toBeGreaterThanOrEqual(drainSeconds + leaveSeconds + 5);
    }
  });

  test('what points to pods points to those of one stage, and to what is there', () => {
    const pods = podsOf(all);
    const selected = (labels: Readonly<Record<string, string>>) =>
      pods.filter((pod) => Object.entries(labels).every(([key, value]) => pod.labels[key] === value));
    for (const { kind, metadata, spec } of ofKind(all, 'PodDisruptionBudget', 'Deployment', 'StatefulSet')) {
      const found = selected(spec.selector.matchLabels).map((pod) => pod.name);
      expect([kind, found]).toEqual([kind, [metadata.name]]);
    }
    for (const { metadata, spec } of ofKind(all, 'Service')) {
      const found = selected(spec.selector).map((pod) => pod.name);
      const stages = STAGES.map((stage) => `${RELEASE}-${stage}`);
      expect(found.sort()).toEqual(metadata.name === `${RELEASE}-metrics` ? stages : [metadata.name]);
    }
    for (const { spec } of ofKind(all, 'HorizontalPodAutoscaler', 'ScaledObject')) {
      named(all, 'Deployment', spec.scaleTargetRef.name);
    }
    for (const { spec } of pods) {
      if (spec.serviceAccountName) named(all, 'ServiceAccount', spec.serviceAccountName);
    }
  });

  test('nothing is said twice', () => {
    expect(new Set(identities(all)).size).toBe(all.length);
  });
});

test('a longer drain gets a longer grace', () => {
  const grace = (args: readonly string[]) =>
    stagesOf(manifests(args)).map(({ spec }) => spec.template.spec.terminationGracePeriodSeconds as number);
  const usual = grace(CASES.minimal);
  const longer = grace([...CASES.minimal, ...set('configuration.drain=2m')]);
  expect(longer).toEqual(usual.map((seconds) => seconds + 100));
});

function variablesOf({ spec }: Manifest): [string, string][] {
  const { env } = spec.template.spec.containers[0] as { env: { name: string; value?: string }[] };
  expect(new Set(env.map(({ name }) => name)).size).toBe(env.length);
  return env.map(({ name, value }) => [name, value ?? 'from the cluster']);
}

/** Files of the pod are here as well, whatever is in them. */
function localOf(key: string, value: string, settings: string): string {
  if (key === 'MILLRACE_CONFIG') return settings;
  if (!value.startsWith('/var/run/secrets/')) return value;
  const path = join(folder, value.replaceAll('/', '-'));
  writeFileSync(path, 'secret\n');
  return path;
}
