import type { Plan } from '@millrace/pipeline/plan';
import type { Admin } from 'kafkajs';
import { type ClientOptions, withAdmin } from './clients.ts';
import { type Generation, nextGeneration, writeGeneration } from './generation.ts';
import { currentGeneration, type SetUpPlan, withLog } from './pipeline.ts';
import { laneTopics, pipelineGroups, pipelineTopic, stateKeyPrefixes } from './plan-topics.ts';
import { provisionPipelineTopic, provisionTopics } from './provision.ts';
import { KafkaSetupError } from './setup-error.ts';
import type { TopicSettings } from './topic-settings.ts';

export interface ResetParts {
  /** Removes every key of the state store that begins with one of these. */
  forgetState(prefixes: readonly string[]): Promise<void>;
  /** A line for the person who waits. */
  onProgress(text: string): void;
}

/** Beyond the session timeout of members that were killed. */
const MEMBERS_TIMEOUT_MS = 20_000;
const GONE_TIMEOUT_MS = 60_000;
const POLL_MS = 250;

/**
 * Gives up all that a pipeline has in its topics, positions and state, and starts a new generation. Results stay;
 * those of the new generation replace them row by row. May be run again after it failed half way.
 * @throws KafkaSetupError when its services still run, or something does not go away.
 */
export async function resetPipeline(
  options: ClientOptions,
  plan: SetUpPlan & Pick<Plan, 'sources'>,
  settings: TopicSettings,
  { forgetState, onProgress }: ResetParts,
): Promise<Generation> {
  const { lanes, hash } = plan;
  await withAdmin(options, (admin) => membersGone(admin, plan, onProgress));
  const current = await currentGeneration(options, plan);
  // A reset that failed half way had raised it already, and nothing has run since.
  const generation = current?.state === 'resetting' ? current.generation : nextGeneration(current);
  await provisionPipelineTopic(options, plan, settings);
  const write = (state: Generation['state']) => {
    const written: Generation = { generation, lanes, plan: hash, state };
    return withLog(options, (log) => writeGeneration(log, plan, written)).then(() => written);
  };
  await write('resetting');
  onProgress(`generation ${generation} of ${plan.pipeline} begins`);
  await withAdmin(options, async (admin) => {
    await deleteTopics(admin, plan, onProgress);
    await deleteGroups(admin, plan, onProgress);
  });
  await forgetState(stateKeyPrefixes(plan));
  onProgress('state removed');
  await provisionTopics(options, plan, settings);
  const ready = await write('ready');
  onProgress(`topics of generation ${generation} created`);
  return ready;
}

async function membersGone(
  admin: Admin,
  plan: Parameters<typeof pipelineGroups>[0],
  onProgress: (text: string) => void,
): Promise<void> {
  let told = false;
  await until(MEMBERS_TIMEOUT_MS, async () => {
    const { groups } = await admin.describeGroups([...pipelineGroups(plan)]);
    const busy = groups.filter(({ members }) => members.length > 0);
    if (busy.length === 0) return null;
    if (!told) onProgress(`waiting until ${busy.map(({ groupId }) => groupId).join(', ')} have no members`);
    told = true;
    const members = busy.flatMap(({ groupId, members: all }) =>
      all.map(({ clientId, clientHost }) => `${groupId} (${clientId}, ${clientHost})`),
    );
    return `pipeline ${plan.pipeline} is still being worked on by ${members.join('; ')}. Stop its services first, ingest too.`;
  });
}

async function deleteTopics(
  admin: Admin,
  plan: SetUpPlan,
  onProgress: (text: string) => void,
): Promise<void> {
  const own = laneTopics(plan);
  const there = async () => {
    const all = new Set(await admin.listTopics());
    return own.filter((topic) => all.has(topic));
  };
  const topics = await there();
  if (topics.length > 0) await admin.deleteTopics({ topics, timeout: GONE_TIMEOUT_MS });
  await until(GONE_TIMEOUT_MS, async () => {
    const left = await there();
    return left.length === 0
      ? null
      : `${left.join(', ')}: deleted, but still there. Does the broker allow it (delete.topic.enable)?`;
  });
  onProgress(`${topics.length} topics deleted (${pipelineTopic(plan)} stays)`);
}

async function deleteGroups(
  admin: Admin,
  plan: Parameters<typeof pipelineGroups>[0],
  onProgress: (text: string) => void,
): Promise<void> {
  const own = new Set(pipelineGroups(plan));
  const there = async () => {
    const { groups } = await admin.listGroups();
    return groups.map(({ groupId }) => groupId).filter((group) => own.has(group));
  };
  const groups = await there();
  if (groups.length > 0) await admin.deleteGroups(groups);
  await until(GONE_TIMEOUT_MS, async () => {
    const left = await there();
    return left.length === 0 ? null : `groups ${left.join(', ')} can't be deleted.`;
  });
  onProgress(`${groups.length} groups deleted`);
}

/** Looks until nothing is in the way. @throws KafkaSetupError with what still is. */
async function until(timeoutMs: number, obstacle: () => Promise<string | null>): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const found = await obstacle();
    if (found === null) return;
    if (performance.now() > deadline) throw new KafkaSetupError(found);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
