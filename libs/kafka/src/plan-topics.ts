import type { FlowTopic, MadeTopic } from '@millrace/lanes/lane-codec';
import type { Plan } from '@millrace/pipeline/plan';

/** Between the stages, in the order of the data. Each has as many partitions as the pipeline has lanes. */
const LANE_TOPICS = [
  'raw',
  'validated',
  'enriched',
  'partials',
  'aggregated',
  'windows',
  'alerts',
  'deadletters',
] as const satisfies readonly (FlowTopic | MadeTopic | 'deadletters')[];

/** Each reader of a pipeline's topics, as its group is called after the pipeline's name. */
const LANE_GROUPS = [
  'validate',
  'enrich',
  'aggregate',
  'merge',
  'route.aggregated',
  'route.windows',
  'route.alerts',
] as const;

type Named = Pick<Plan, 'pipeline'>;

/** The pipeline's own topics. */
export function laneTopics({ pipeline }: Named): readonly string[] {
  return LANE_TOPICS.map((name) => `${pipeline}.${name}`);
}

/** The topics that routes name: the user's, which the pipeline writes one partition per lane of. */
export function routedTopics({ routes }: Pick<Plan, 'routes'>): readonly string[] {
  const names = routes
    .flatMap(({ to }) => to)
    .flatMap(({ kind, config }) => (kind === 'topic' ? [String(config.name)] : []));
  return [...new Set(names)];
}

/** The groups that hold positions for the pipeline: in its own topics, and in those that its sources read. */
export function pipelineGroups({ pipeline, sources }: Pick<Plan, 'pipeline' | 'sources'>): readonly string[] {
  const reading = sources.filter(({ kind }) => kind === 'kafka').map(({ name }) => `ingest.${name}`);
  return [...LANE_GROUPS, ...reading].map((name) => `${pipeline}.${name}`);
}

/** What every key of the pipeline's in a state store begins with. */
export function stateKeyPrefixes({ pipeline }: Named): readonly string[] {
  return [`${pipeline}.`, `${pipeline}/`];
}

/** Where the pipeline's generation is written down. */
export function pipelineTopic({ pipeline }: Named): string {
  return `${pipeline}.pipeline`;
}
