import { describe, expect, test } from '@jest/globals';
import { CASES, CHART, helm, render, runProgram } from '../fixtures/chart.ts';
import { kubeconform } from '../fixtures/kubeconform.ts';

/** Beside the files of values: what these leave out. */
const ALL = {
  ...CASES,
  'lag and watermark delay': [
    ...CASES.minimal,
    ...['--set', 'defaults.scaling.kind=none,stages.validate.scaling.kind=lag'],
    ...['--set', 'stages.validate.scaling.watermarkDelay=60,monitoring.prometheus=http://prometheus:9090'],
  ],
  'an Ingress for both doors': [
    ...CASES.minimal,
    ...['--set', 'expose.kind=ingress,expose.ingest.host=in.example.com,expose.serve.host=see.example.com'],
    ...['--set', 'expose.serve.tlsSecret=tls,expose.ingress.className=nginx'],
  ],
  'no NetworkPolicies': [...CASES.minimal, '--set', 'network.enabled=false,provision.enabled=false'],
  'names and labels of one’s own': [...CASES.minimal, '--set', 'nameOverride=mine,labels.team=sales'],
  'a pinned image': [...CASES.minimal, '--set', `stages.route.digest=sha256:${'ab'.repeat(32)}`],
} as const;
const NAMES = Object.keys(ALL) as (keyof typeof ALL)[];

test.each(NAMES)('%s: helm lint --strict has nothing to say', (name) => {
  const { code, stdout, stderr } = helm('lint', '--strict', CHART, ...ALL[name]);
  expect({ code, text: stdout + stderr }).toEqual({
    code: 0,
    text: expect.stringContaining('0 chart(s) failed'),
  });
});

describe('kubeconform', () => {
  test.each(NAMES)('%s: each manifest is what its kind allows', (name) => {
    const { invalid, valid } = kubeconform(render(ALL[name]));
    expect(invalid).toEqual([]);
    expect(valid).toBeGreaterThan(20);
  });

  test('it finds what is wrong, in kinds of Kubernetes and in those of others', () => {
    const wrong = render(CASES.production)
      .replace('terminationGracePeriodSeconds:', 'terminationGracePeriod:')
      .replace('maxReplicaCount:', 'maxReplicas:')
      .replace('podMetricsEndpoints:', 'endpoints:');
    const kinds = kubeconform(wrong).invalid.map((line) => line.split(' ')[0]);
    expect(kinds.sort()).toEqual(['Deployment', 'PodMonitor', 'ScaledObject']);
  });
});

describe('kube-score', () => {
  /** Its findings of the worst kind. */
  function criticals(text: string): string[] {
    const version = ['--kubernetes-version', 'v1.30'];
    const { stdout, stderr } = runProgram(
      'kube-score',
      ['score', '-', '--output-format', 'json', ...version],
      text,
    );
    if (!stdout.startsWith('[')) throw new Error(stderr || stdout);
    const objects: Scored[] = JSON.parse(stdout);
    return objects.flatMap(({ object_name, checks }) =>
      checks
        .filter(({ grade, skipped }) => grade === CRITICAL && !skipped)
        .flatMap(({ check, comments }) =>
          comments.map(({ path, summary }) => `${object_name}: ${check.id}: ${path} ${summary}`),
        ),
    );
  }

  test.each(NAMES)('%s: nothing is critical', (name) => {
    expect(criticals(render(ALL[name]))).toEqual(EXPECTED[name] ?? []);
  });

  test('it finds what is', () => {
    const careless = render(CASES.minimal).replaceAll(
      'readOnlyRootFilesystem: true',
      'readOnlyRootFilesystem: false',
    );
    expect(criticals(careless).length).toBeGreaterThan(0);
  });
});

const CRITICAL = 1;
/** Who turns the policies off hears of it. */
const EXPECTED: Partial<Record<string, unknown>> = {
  'no NetworkPolicies': expect.arrayContaining([expect.stringContaining('pod-networkpolicy')]),
};

interface Scored {
  object_name: string;
  checks: {
    check: { id: string };
    grade: number;
    skipped: boolean;
    comments: { path: string; summary: string }[];
  }[];
}
