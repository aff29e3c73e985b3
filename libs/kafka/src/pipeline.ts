import type { ClientOptions } from './clients.ts';
import { withAdmin } from './clients.ts';
import { type KafkaLog, openKafkaLog } from './event-log.ts';
import { type Generation, readGeneration, writeGeneration } from './generation.ts';
import { laneTopics, pipelineTopic } from './plan-topics.ts';
import { checkTopics, type ProvisionPlan, provisionTopics } from './provision.ts';
import { KafkaSetupError } from './setup-error.ts';
import type { TopicSettings } from './topic-settings.ts';

export type SetUpPlan = ProvisionPlan & { readonly hash: string };

/**
 * Sets a pipeline up where it is not: its topics and the record of its generation. Any number of services may do so at
 * once. Answers the generation that runs.
 * @throws KafkaSetupError when a topic is not as it has to be, has gone, or has other lanes than the plan.
 */
export async function provisionPipeline(
  options: ClientOptions,
  plan: SetUpPlan,
  settings: TopicSettings,
): Promise<Generation> {
  const before = await currentGeneration(options, plan);
  if (before !== null) {
    checkRuns(plan, before);
    await checkComplete(options, plan);
  }
  await provisionTopics(options, plan, settings);
  if (before !== null) return before;
  return withLog(options, async (log) => {
    const first: Generation = { generation: 0, lanes: plan.lanes, plan: plan.hash, state: 'ready' };
    // Another service may have been first; of the same plan, it has written the same.
    const now = (await readGeneration(log, plan)) ?? first;
    checkRuns(plan, now);
    if (now === first) await writeGeneration(log, plan, first);
    return now;
  });
}

/**
 * For services that may not create anything.
 * @throws KafkaSetupError also when the pipeline has not been set up.
 */
export async function checkPipeline(
  options: ClientOptions,
  plan: SetUpPlan,
  settings: TopicSettings,
): Promise<Generation> {
  const current = await currentGeneration(options, plan);
  if (current === null) {
    throw new KafkaSetupError(
      `pipeline ${plan.pipeline} has not been set up. Run "millrace provision" as a user that may create topics.`,
    );
  }
  checkRuns(plan, current);
  await checkTopics(options, plan, settings);
  return current;
}

/** Null: the pipeline has never been set up. */
export async function currentGeneration(
  options: ClientOptions,
  plan: Pick<SetUpPlan, 'pipeline'>,
): Promise<Generation | null> {
  const topics = await withAdmin(options, (admin) => admin.listTopics());
  if (!topics.includes(pipelineTopic(plan))) return null;
  return withLog(options, (log) => readGeneration(log, plan));
}

export async function withLog<T>(options: ClientOptions, run: (log: KafkaLog) => Promise<T>): Promise<T> {
  const log = await openKafkaLog(options);
  try {
    return await run(log);
  } finally {
    await log.close();
  }
}

function checkRuns({ pipeline, lanes }: SetUpPlan, current: Generation): void {
  if (current.state === 'resetting') {
    throw new KafkaSetupError(
      `a reset of pipeline ${pipeline} is under way, or has not ended. Start again when it is done, or run "millrace reset" once more.`,
    );
  }
  if (current.lanes === lanes) return;
  throw new KafkaSetupError(
    `pipeline ${pipeline} runs with ${current.lanes} lanes, the document says ${lanes}. Set \`lanes: ${current.lanes}\`, or run "millrace reset" to start a new generation: what is in its topics is given up.`,
  );
}

/** A topic made anew beside positions and state of the former one would hide what is lost. */
async function checkComplete(options: ClientOptions, plan: SetUpPlan): Promise<void> {
  const there = new Set(await withAdmin(options, (admin) => admin.listTopics()));
  const gone = laneTopics(plan).filter((topic) => !there.has(topic));
  if (gone.length === 0) return;
  throw new KafkaSetupError(
    `topic ${gone.join(', ')} has gone, though pipeline ${plan.pipeline} was set up: positions and state that belong to it are left. Restore it, or run "millrace reset" to start a new generation.`,
  );
}
