import type { DetectorPlan, Plan, RoutePlan, SourcePlan, WindowPlan } from './plan.ts';

/** The pipeline as a graph: what reads what, does what and writes where. A plain value, printed by `explain`. */
export interface Topology {
  readonly pipeline: string;
  readonly lanes: number;
  readonly stages: readonly StageNode[];
  readonly topics: readonly TopicNode[];
}

export interface StageNode {
  readonly name: string;
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  /** What it does, a line each (`rule plausible_amount: reject unless …`). */
  readonly does: readonly string[];
  /** What it keeps between records, a line each. */
  readonly keeps: readonly string[];
}

export interface TopicNode {
  readonly name: string;
  /** Full names of the Avro records in it. */
  readonly records: readonly string[];
}

/** The stages of a pipeline and the topics between them. */
export function topologyOf(plan: TopologySource): Topology {
  const topic = (name: string): string => `${plan.pipeline}.${name}`;
  const record = (name: string): string => `millrace.${plan.pipeline}.${name}`;
  const merged = plan.windows.some((window) => !window.local);
  const topics: TopicNode[] = [
    { name: topic('raw'), records: ['Raw', 'Tick', 'Opened', 'Rejected', 'Replay'].map(record) },
    { name: topic('validated'), records: ['Validated', 'Tick', 'Opened', 'Rejected', 'Replay'].map(record) },
    { name: topic('enriched'), records: ['Enriched', 'Tick', 'Opened', 'Rejected', 'Replay'].map(record) },
    { name: topic('aggregated'), records: ['Aggregated', 'Rejected', 'Replay'].map(record) },
    { name: topic('windows'), records: plan.windows.map((window) => record(`Window_${window.name}`)) },
    { name: topic('alerts'), records: [record('Alert')] },
    ...(merged ? [{ name: topic('partials'), records: [record('Partial'), record('Mark')] }] : []),
    { name: topic('deadletters'), records: [] },
  ];
  const stages = [
    ingest(plan),
    validate(plan),
    enrich(plan),
    aggregate(plan, merged),
    ...(merged ? [merge(plan)] : []),
    route(plan),
  ];
  const named = stages.map((stage) => ({
    ...stage,
    reads: stage.reads.map(prefix),
    writes: stage.writes.map(prefix),
  }));
  return { pipeline: plan.pipeline, lanes: plan.lanes, stages: named, topics };

  function prefix(name: string): string {
    return name.includes(' ') ? name : topic(name);
  }
}

/** What of a plan the topology shows. */
export type TopologySource = Pick<
  Plan,
  | 'pipeline'
  | 'lanes'
  | 'event'
  | 'time'
  | 'sources'
  | 'validate'
  | 'tables'
  | 'enrich'
  | 'windows'
  | 'detectors'
  | 'routes'
>;

function ingest({ sources, event }: TopologySource): StageNode {
  const source = ({ name, kind, map, finite }: SourcePlan): string =>
    `source ${name}: ${kind}${finite ? ', until its end' : ''}${map ? `, mapped to ${map.size} fields` : ''}`;
  return {
    name: 'ingest',
    reads: sources.map(({ name, kind }) => `${kind} ${name}`),
    writes: ['raw'],
    does: [...sources.map(source), `lane by ${event.keyText ?? 'id'}`],
    keeps: ['position of each source'],
  };
}

function validate({ validate: { clean, rules } }: TopologySource): StageNode {
  const cleaned = clean.map(({ field }) => `clean ${field}`);
  const ruled = rules.map(({ name, otherwise, message }) => `rule ${name}: ${otherwise} unless ${message}`);
  return {
    name: 'validate',
    reads: ['raw'],
    writes: ['validated'],
    does: ['check against the schema', ...cleaned, ...ruled],
    keeps: [],
  };
}

function enrich({ enrich: added, tables }: TopologySource): StageNode {
  const does = added.map(
    ({ name, table, add, missing }) => `add ${name} (${add.join(', ')}) from ${table}; missing: ${missing}`,
  );
  const keeps = tables.map(({ name, kind, primary }) => `table ${name}: ${kind}, by ${primary}`);
  return { name: 'enrich', reads: ['validated'], writes: ['enriched'], does, keeps };
}

function computed({ name, compute, window, local }: WindowPlan): string {
  const values = compute.map((each) => `${each.name} = ${each.aggregate.name}`).join(', ');
  return `window ${name}: ${window.kind}, ${values}${local ? '' : '; merged across lanes'}`;
}

const watched = ({ name, window, method, severity }: DetectorPlan): string =>
  `detector ${name} (${severity}): ${method?.kind ?? 'condition'} on ${window === null ? 'events' : `windows.${window}`}`;

const keepsState = ({ method, oncePer }: DetectorPlan): boolean => method !== null || oncePer !== null;

function aggregate({ windows, detectors }: TopologySource, merged: boolean): StageNode {
  const local = (detector: DetectorPlan): boolean =>
    windows.find(({ name }) => name === detector.window)?.local ?? true;
  return {
    name: 'aggregate',
    reads: ['enriched'],
    writes: ['aggregated', 'windows', 'alerts', ...(merged ? ['partials'] : [])],
    does: ['drop duplicates', ...windows.map(computed), ...detectors.filter(local).map(watched)],
    keeps: [
      'time of each part',
      'ids',
      ...windows.map(({ name }) => `open windows of ${name}`),
      ...detectors
        .filter(local)
        .filter(keepsState)
        .map(({ name }) => `state of ${name}`),
    ],
  };
}

function merge({ windows, detectors }: TopologySource): StageNode {
  const merged = windows.filter(({ local }) => !local);
  const watching = detectors.filter(({ window }) => merged.some(({ name }) => name === window));
  return {
    name: 'merge',
    reads: ['partials'],
    writes: ['windows', 'alerts'],
    does: [...merged.map(({ name }) => `sum the lanes of ${name}`), ...watching.map(watched)],
    keeps: [
      'mark of each lane',
      ...merged.map(({ name }) => `lanes of ${name}`),
      ...watching.filter(keepsState).map(({ name }) => `state of ${name}`),
    ],
  };
}

function route({ routes }: TopologySource): StageNode {
  const from = (plan: RoutePlan): string =>
    plan.from.topic === 'windows' ? `windows.${plan.from.window}` : plan.from.topic;
  const does = routes.map(
    (plan) =>
      `route ${plan.name}: ${plan.when ? 'some of ' : ''}${from(plan)} to ${plan.to.map(({ kind }) => kind).join(', ')}`,
  );
  return {
    name: 'route',
    reads: ['aggregated', 'windows', 'alerts'],
    writes: ['deadletters', ...routes.flatMap(({ to }) => to.map(({ name, kind }) => `${kind} ${name}`))],
    does: ['store windows and alerts', ...does],
    keeps: [],
  };
}
