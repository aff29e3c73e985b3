import { GENERATION_MAX } from '@millrace/lanes/bounds';
import { systemClock } from '@millrace/lanes/ports/clock';
import type { EventLog } from '@millrace/lanes/ports/log';
import type { Plan } from '@millrace/pipeline/plan';
import { pipelineTopic } from './plan-topics.ts';
import { KafkaSetupError } from './setup-error.ts';

/** What the log says of the pipeline as a whole: the latest record of `PIPELINE.pipeline`. */
export interface Generation {
  /** Part of every `lane_seq`; raised by each reset. */
  readonly generation: number;
  /** Partitions of every topic in this generation. */
  readonly lanes: number;
  /** Hash of the plan that began the generation, for people. */
  readonly plan: string;
  /** `resetting`: the former generation's topics and state may not all be gone yet. */
  readonly state: 'ready' | 'resetting';
}

const KEY = new TextEncoder().encode('generation');
const PARTITION = 0;
/** As long as a broker may take to be missed and replaced. */
const PATIENCE_MS = 30_000;
const PAUSE_MS = 200;

type Named = Pick<Plan, 'pipeline'>;

/** Null: the pipeline has never been set up. The topic has to be there. */
export function readGeneration(log: EventLog, plan: Named): Promise<Generation | null> {
  return patiently(() => read(log, pipelineTopic(plan)));
}

async function read(log: EventLog, topic: string): Promise<Generation | null> {
  const { start, end } = await log.bounds(topic, PARTITION);
  if (start >= end) return null;
  // All records have one key, so compaction leaves the last one.
  const { records } = await log.read(topic, PARTITION, end - 1, 1);
  return parse(topic, records[0]?.value);
}

export async function writeGeneration(log: EventLog, plan: Named, generation: Generation): Promise<void> {
  const value = new TextEncoder().encode(JSON.stringify(generation));
  const records = [{ key: KEY, value, timestampMs: systemClock.now() }];
  await patiently(() => log.append(pipelineTopic(plan), PARTITION, records));
}

/** @throws KafkaSetupError when there is none left. */
export function nextGeneration(current: Generation | null): number {
  const next = (current?.generation ?? 0) + 1;
  if (next <= GENERATION_MAX) return next;
  throw new KafkaSetupError(
    `the pipeline has been reset ${GENERATION_MAX} times, which is as often as its sequence numbers allow. Give it another name.`,
  );
}

/** A partition that was just made, or whose leader moves, is not led for a moment. */
async function patiently<T>(attempt: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof KafkaSetupError || performance.now() > deadline) throw error;
    }
    await systemClock.sleep(PAUSE_MS);
  }
}

function parse(topic: string, value: Uint8Array | undefined): Generation {
  try {
    const found = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(value)) as Generation;
    if (Number.isInteger(found.generation) && Number.isInteger(found.lanes)) return found;
  } catch {
    // Said below.
  }
  throw new KafkaSetupError(
    `the last record of topic ${topic} is not one that Millrace wrote. Stop whoever writes there, and write the last one with the key "generation" once more.`,
  );
}
