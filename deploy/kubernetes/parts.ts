import { globSync } from 'node:fs';
import { join } from 'node:path';
import { hasProgram, offlineSchemas, programPath, SCHEMAS, TOOLS } from './programs.ts';

/** What a cluster with simulated nodes is made of. */
export const CONTROL_PLANE = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kwok'];

export interface Part {
  readonly name: 'chart' | 'cluster';
  readonly files: readonly string[];
  /** What this machine lacks for it; empty: nothing. */
  readonly missing: readonly string[];
}

/** The tests by what they need: of the chart as it stands, and on a cluster. */
export function parts(root: string, env: NodeJS.ProcessEnv): readonly Part[] {
  const path = programPath(env);
  const missing = (...names: string[]) =>
    names
      .filter((name) => !hasProgram(name, path))
      .map((name) => `no ${name} on the PATH or in $${TOOLS}/bin`);
  const schemas = offlineSchemas(env) === null ? [`no schemas in $${SCHEMAS} or $${TOOLS}/schemas`] : [];
  const plane = env.KUBECONFIG ? [] : missing(...CONTROL_PLANE);
  if (plane.length > 0) plane.push('no KUBECONFIG of a cluster with simulated nodes');
  return [
    {
      name: 'chart',
      files: testsIn(root, 'chart'),
      missing: [...missing('helm', 'kubeconform', 'kube-score'), ...schemas],
    },
    { name: 'cluster', files: testsIn(root, 'cluster'), missing: [...missing('helm', 'kubectl'), ...plane] },
  ];
}

function testsIn(root: string, folder: string): string[] {
  return globSync(join('deploy/kubernetes', folder, '*.k8s.test.ts'), { cwd: root }).sort();
}
