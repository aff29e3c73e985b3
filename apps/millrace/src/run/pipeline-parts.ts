import { type OpenTables, openTables, tableKinds } from '@millrace/enrich/tables';
import type { LaneStages } from '@millrace/lanes/lane-stages';
import type { Clock } from '@millrace/lanes/ports/clock';
import type { Logger } from '@millrace/lanes/ports/logger';
import type { Tracer } from '@millrace/lanes/ports/tracer';
import type { Plan } from '@millrace/pipeline/plan';
import { openSinks, sinkKinds } from '@millrace/route/sinks';
import { type EmbeddedPorts, openPorts } from '@millrace/service/embedded-ports';
import { readSecrets } from '@millrace/service/secrets';
import { createLaneStages } from '../lane-stages.ts';
import { settleFolderNote } from './folder-note.ts';
import { openRawCodec, type RawCodec } from './raw-codec.ts';
import { openRunTracing } from './run-tracing.ts';

export interface PipelineOptions {
  readonly plan: Plan;
  /** The document's file, noted in the data folder for commands that are given nothing else. */
  readonly document?: string;
  /** The data folder; made where it is missing. */
  readonly folder: string;
  readonly logger: Logger;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where sinks print. */
  readonly stdout: { write(text: string): unknown; readonly isTTY?: boolean };
  /** Absent: nothing listens. Port 0: any free one. */
  readonly listen?: { readonly host: string; readonly port: number };
  /** Run the stages one by one, with every topic between them. */
  readonly keepTopics?: boolean;
  /** Forget states and results, and compute them again from the raw log. Not with `keepTopics`. */
  readonly rebuild?: boolean;
  readonly clock?: Clock;
  /** For tests: the ports as they are to be used, around those of the folder. */
  readonly decorate?: (ports: EmbeddedPorts) => EmbeddedPorts;
}

/** What a pipeline stands on in this process. */
export interface PipelineParts {
  readonly secrets: ReadonlyMap<string, string>;
  readonly ports: EmbeddedPorts;
  /** States and results were forgotten at this start. */
  readonly rebuilt: boolean;
  readonly codec: RawCodec;
  readonly stages: LaneStages;
  readonly tracer: Tracer;
}

/** Opens everything, and says to `opened` how to close it. */
export async function openParts(
  options: PipelineOptions,
  opened: AsyncDisposableStack,
): Promise<PipelineParts> {
  const { plan, logger, env, stdout } = options;
  const secrets = readSecrets(plan, env);
  const tracing = await openRunTracing(plan, env, logger);
  // Closed last: until then there are spans to send.
  opened.defer(tracing.close);
  const tables = await openTables(plan, tableKinds, (message) => logger.warn({}, message));
  opened.defer(() => tables.close());
  const { ports, rebuilt } = await openFolder(options, opened);
  const codec = await openRawCodec(plan, ports.registry);
  const sinks = await openSinks(plan, sinkKinds, { stdout, env });
  opened.defer(async () => {
    await Promise.all([...sinks.values()].map((sink) => sink.close()));
  });
  return { secrets, ports, rebuilt, codec, stages: stagesOf(plan, tables, sinks), tracer: tracing.tracer };
}

function stagesOf(plan: Plan, { tables }: OpenTables, sinks: LaneStages['sinks']): LaneStages {
  return createLaneStages(plan, { tables, sinkKinds, sinks });
}

async function openFolder(options: PipelineOptions, opened: AsyncDisposableStack) {
  const { plan, folder, logger, document = '', keepTopics = false } = options;
  const { pipeline, lanes } = plan;
  const ports = await openPorts(folder, plan, logger);
  opened.defer(() => ports.close());
  settleFolderNote(folder, { pipeline, lanes, document, stages: keepTopics ? 'separate' : 'fused' });
  const rebuilt = options.rebuild === true || ports.outputs.unfinished(pipeline);
  if (rebuilt) {
    logger.info({ pipeline }, 'forgetting states and results; they are computed again from raw');
    await ports.outputs.forget(pipeline);
  }
  return { ports: options.decorate?.(ports) ?? ports, rebuilt };
}
