import type { Sink } from '@millrace/lanes/stage';
import type { Plan } from '@millrace/pipeline/plan';
import type { SinkKind, Surroundings } from './sink.ts';
import { consoleSink } from './sinks/console.ts';
import { storeSink } from './sinks/store.ts';
import { topicSink } from './sinks/topic.ts';

/** Every kind of sink, by the name that it has in the document. */
export const sinkKinds: Readonly<Record<string, SinkKind>> = {
  store: storeSink,
  topic: topicSink,
  console: consoleSink,
};

/** Opens the plan's sinks outside, by `SinkPlan.name`: what the kernel delivers to. */
export async function openSinks(
  plan: Plan,
  kinds: Readonly<Record<string, SinkKind>>,
  surroundings: Surroundings,
): Promise<ReadonlyMap<string, Sink>> {
  const sinks = new Map<string, Sink>();
  try {
    for (const sink of plan.routes.flatMap((route) => route.to)) {
      const kind = kinds[sink.kind];
      if (kind?.reach === 'outer') sinks.set(sink.name, await kind.open(sink, surroundings));
    }
  } catch (error) {
    await Promise.all([...sinks.values()].map((sink) => sink.close()));
    throw error;
  }
  return sinks;
}
