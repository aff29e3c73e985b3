// One service of the pipeline in a process of its own: ingest with its HTTP door, or workers of a stage.
import { randomUUID } from 'node:crypto';
import { openTables, tableKinds } from '@millrace/enrich/tables';
import { createIngest } from '@millrace/ingest/stage';
import { openKafkaLog } from '@millrace/kafka/event-log';
import { createMeasures } from '@millrace/lanes/measures';
import { systemClock } from '@millrace/lanes/ports/clock';
import type { EventLog } from '@millrace/lanes/ports/log';
import { startWorkers, type WorkerStage } from '@millrace/lanes/workers';
import { createLaneStages } from '@millrace/millrace/lane-stages';
import { requirePlan } from '@millrace/millrace/load-pipeline';
import { openRawCodec } from '@millrace/millrace/run/raw-codec';
import { sinkKinds } from '@millrace/route/sinks';
import { openPorts } from '@millrace/service/embedded-ports';
import { openHost } from '@millrace/service/http-host';
import { serveParent } from './child.ts';

export interface StageOptions {
  readonly brokers: readonly string[];
  readonly document: string;
  /** For what is kept beside the log. */
  readonly folder: string;
  readonly stages: readonly ('ingest' | WorkerStage)[];
  /** Says `drained` once all that is in these topics now has been taken. */
  readonly drain?: readonly string[];
}

const logger = {
  info: () => {},
  warn: (...args: unknown[]) => console.error(JSON.stringify(args)),
  error: (...args: unknown[]) => console.error(JSON.stringify(args)),
};
const options = JSON.parse(process.argv[2]!) as StageOptions;
const plan = await requirePlan(options.document);
const ports = await openPorts(options.folder, plan, logger);
const codec = await openRawCodec(plan, ports.registry);
const log = await openKafkaLog({ brokers: options.brokers, clientId: options.stages.join('+'), logger });
if (options.stages.includes('ingest')) await runIngest();
else await runWorkers(options.stages as readonly WorkerStage[]);

function fail(error: unknown): void {
  console.error(error);
  process.exit(1);
}

async function runIngest(): Promise<void> {
  const ingest = createIngest({
    plan,
    log,
    state: ports.state,
    encodeRaw: codec.encodeRaw,
    secrets: new Map(),
    logger,
    onFailed: fail,
  });
  const host = await openHost({ host: '127.0.0.1', port: 0, logger }, [ingest.routes]);
  await ingest.start();
  serveParent(async () => {
    await ingest.drain();
    await host.close();
    await log.close();
  }).ready(`${host.url}/v1/pipelines/${plan.pipeline}/events`);
}

async function runWorkers(stages: readonly WorkerStage[]): Promise<void> {
  const counted = new Map<string, number>();
  const tables = await openTables(plan, tableKinds, () => {});
  const until = await endsOf(options.drain ?? []);
  const records = [...until.values()].reduce((sum, end) => sum + end, 0);
  const parent = serveParent(async () => {
    await consumer.close();
    await log.close();
    await tables.close();
  });
  const lanes = new Set<string>();
  const ready = Promise.withResolvers<void>();
  const consumer = await startWorkers(
    {
      plan,
      generation: 0,
      log: counting(log, counted),
      state: ports.state,
      results: ports.results,
      codec: codec.lanes,
      clock: systemClock,
      stages: createLaneStages(plan, { tables: tables.tables, sinkKinds, sinks: new Map() }),
      measures: createMeasures(),
      newToken: randomUUID,
      onRetry: (stage, lane, error) => logger.warn({ stage, lane, error: String(error) }),
      onSaved({ topic, lane, offset }) {
        lanes.add(`${topic}/${lane}`);
        if (lanes.size === plan.lanes * topicsOf(stages)) ready.resolve();
        const place = `${topic}/${lane}`;
        if (!(offset >= (until.get(place) ?? Number.POSITIVE_INFINITY))) return;
        until.delete(place);
        if (until.size === 0) parent.drained(records);
      },
    },
    stages,
    (stage, lane, error) => fail(new Error(`${stage}, lane ${lane}`, { cause: error })),
  );
  await ready.promise;
  parent.ready();
}

/** `TOPIC/LANE` → its end. */
async function endsOf(topics: readonly string[]): Promise<Map<string, number>> {
  const ends = new Map<string, number>();
  for (const topic of topics)
    for (let lane = 0; lane < plan.lanes; lane++) {
      const { end } = await log.bounds(topic, lane);
      if (end > 0) ends.set(`${topic}/${lane}`, end);
    }
  return ends;
}

function topicsOf(stages: readonly WorkerStage[]): number {
  return stages.length + (stages.includes('route') ? 2 : 0);
}

/** Counts what the kernel asks of the log. */
function counting(to: EventLog, counts: Map<string, number>): EventLog {
  const count = (name: string, by = 1) => counts.set(name, (counts.get(name) ?? 0) + by);
  return {
    append(topic, lane, records) {
      count('appends');
      count('appended', records.length);
      return to.append(topic, lane, records);
    },
    commit(group, topic, lane, position) {
      count('commits');
      return to.commit(group, topic, lane, position);
    },
    consume: (consuming) => to.consume(consuming),
    committed: (group, topic, lane) => to.committed(group, topic, lane),
    bounds: (topic, lane) => to.bounds(topic, lane),
    read: (topic, lane, from, maxRecords) => to.read(topic, lane, from, maxRecords),
  };
}
