import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { PIPELINE_METRICS } from '@millrace/service/metrics/pipeline-metrics';
import { SERVICE_METRICS } from '@millrace/service/metrics/service-metrics';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { SERVICES } from './cluster/cluster.ts';
import { deploy, document } from './fixtures/documents.ts';

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly datasource?: { readonly uid: string };
  readonly targets?: readonly { readonly expr: string; readonly datasource: { readonly uid: string } }[];
}

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly alert: string;
      readonly expr: string;
      readonly annotations: object;
    }[];
  }[];
}

const dashboards = globSync('grafana/dashboards/*.json', { cwd: deploy }).map((path) => ({
  path,
  panels: JSON.parse(readFileSync(join(deploy, path), 'utf8')).panels as readonly Panel[],
}));
const rules = document<Rules>('prometheus/rules.yaml').groups.flatMap((group) => group.rules);

/** Names with the labels that they may have; null: any. */
function knownMetrics(): Map<string, readonly string[] | null> {
  const known = new Map<string, readonly string[] | null>([['up', null]]);
  const node = new Registry();
  collectDefaultMetrics({ register: node });
  for (const { name } of node.getMetricsAsArray()) known.set(name, null);
  for (const { name, kind, labels } of [...SERVICE_METRICS, ...PIPELINE_METRICS]) {
    if (kind !== 'histogram') known.set(name, ['pipeline', ...labels]);
    else
      for (const part of ['bucket', 'sum', 'count'])
        known.set(`${name}_${part}`, ['pipeline', 'le', ...labels]);
  }
  return known;
}

const known = knownMetrics();
const expressions = [
  ...dashboards.flatMap(({ panels }) =>
    panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ where: title, expr }))),
  ),
  ...rules.map(({ alert, expr }) => ({ where: alert, expr })),
];

test('every metric that is looked at is one that the services have, with these labels', () => {
  const asked = expressions.flatMap(({ where, expr }) =>
    [...expr.matchAll(/\b((?:millrace|nodejs|process)_\w+|up)(?:\{([^}]*)\})?/g)].map(
      ([, name, selector = '']) => ({
        where,
        name: name!,
        labels: [...selector.matchAll(/(\w+)\s*=/g)].map(([, label]) => label!),
      }),
    ),
  );
  const wrong = asked.filter(({ name, labels }) => {
    const allowed = known.get(name);
    return allowed === undefined || (allowed !== null && labels.some((label) => !allowed.includes(label)));
  });
  expect(wrong).toEqual([]);
  expect(asked.length).toBeGreaterThan(30);
  expect(expressions.filter(({ where }) => !asked.some((each) => each.where === where))).toEqual([]);
});

test('what is grouped by is a label of what is looked at', () => {
  const wrong = expressions.filter(({ expr }) => {
    const names = [...expr.matchAll(/\bmillrace_\w+/g)].map(([name]) => name);
    if (names.length === 0) return false;
    const groups = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list]) => list!.split(/,\s*/));
    return groups.some((label) => names.some((name) => !known.get(name)?.includes(label)));
  });
  expect(wrong).toEqual([]);
});

test('the overview shows what there is to worry about', () => {
  const shown = new Set(
    expressions.flatMap(({ expr }) => expr.match(/\b(?:millrace|nodejs|process)_\w+/g) ?? []),
  );
  for (const name of [
    'millrace_stage_events_total',
    'millrace_stage_lag',
    'millrace_stage_latency_seconds_bucket',
    'millrace_watermark_delay_seconds',
    'millrace_outcomes_total',
    'millrace_repeats_total',
    'millrace_dead_letters_total',
    'millrace_call_seconds_bucket',
    'nodejs_eventloop_lag_p99_seconds',
    'process_resident_memory_bytes',
  ]) {
    expect([...shown]).toContain(name);
  }
});

test('panels have ids and places of their own, and data sources that are provisioned', () => {
  const { datasources } = document<{ datasources: { uid: string }[] }>(
    'grafana/provisioning/datasources/datasources.yaml',
  );
  const uids = datasources.map(({ uid }) => uid);
  expect(dashboards.length).toBeGreaterThan(0);
  for (const { panels } of dashboards) {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    for (const panel of panels) {
      for (const { datasource } of panel.targets ?? []) expect(uids).toContain(datasource.uid);
      const overlaps = panels.filter((other) => other !== panel && overlap(panel.gridPos, other.gridPos));
      expect([panel.title, overlaps.map(({ title }) => title)]).toEqual([panel.title, []]);
      expect(panel.gridPos.x + panel.gridPos.w).toBeLessThanOrEqual(24);
    }
  }
});

test('Prometheus asks every service, and its rules say what to do', () => {
  interface Scrapes {
    readonly rule_files: string[];
    readonly scrape_configs: {
      readonly dns_sd_configs?: { readonly names: string[]; readonly port: number }[];
    }[];
  }
  const { rule_files, scrape_configs } = document<Scrapes>('prometheus/prometheus.yaml');
  const [found] = scrape_configs.flatMap((scrape) => scrape.dns_sd_configs ?? []);
  expect(found).toMatchObject({ names: [...SERVICES], port: 8080 });
  expect(rule_files).toEqual(['rules.yaml']);
  for (const { alert, annotations } of rules) {
    expect([alert, Object.keys(annotations)]).toEqual([alert, ['summary', 'what_to_do']]);
  }
});

function overlap(a: Panel['gridPos'], b: Panel['gridPos']): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}
