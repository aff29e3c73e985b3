import type { Clock } from '@millrace/lanes/ports/clock';
import type { FusedStore } from '@millrace/lanes/ports/fused';
import type { Logger } from '@millrace/lanes/ports/logger';
import type { SchemaRegistry } from '@millrace/lanes/ports/registry';
import type { ResultStore } from '@millrace/lanes/ports/results';
import type { StateStore } from '@millrace/lanes/ports/state';
import { createChains } from './chains.ts';
import type { Disk } from './disk.ts';
import { createEventLog, type EmbeddedLog } from './event-log.ts';
import { createFusedStore } from './fused-store.ts';
import { key, SPACE } from './keys.ts';
import { createLanes } from './lanes.ts';
import { createOutputs, type Outputs } from './outputs.ts';
import { createResultStore } from './result-store.ts';
import { createRetention, type Retention } from './retention.ts';
import { createRows } from './rows.ts';
import { createSchemaRegistry } from './schema-registry.ts';
import { createStateStore } from './state-store.ts';
import { createWriter, type Writer } from './writer.ts';

export interface AdapterOptions {
  /** For messages. */
  readonly folder: string;
  readonly lanes: number | undefined;
  readonly readonly: boolean;
  readonly keepMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface Adapters {
  readonly log: EmbeddedLog;
  readonly state: StateStore;
  readonly results: ResultStore;
  readonly registry: SchemaRegistry;
  readonly fused: FusedStore;
  readonly retention: Retention;
  readonly outputs: Outputs;
  /** Leaves the disk open. */
  close(): Promise<void>;
}

const LANES_KEY = key(SPACE.meta).text('lanes').end();

/** The ports over a disk of any kind. The caller owns the disk, and is the only one who writes it. */
export async function createAdapters(disk: Disk, options: AdapterOptions): Promise<Adapters> {
  const { readonly, keepMs, clock, logger } = options;
  const writer = readonly ? refusingWriter(options.folder) : createWriter(disk);
  const laneCount = await settleLanes(disk, writer, options);
  const lanes = createLanes(disk, laneCount, !readonly);
  const rows = createRows(disk);
  const stateChains = createChains(disk, writer, 'state', logger, !readonly);
  const fusedChains = createChains(disk, writer, 'fused', logger, !readonly);
  const log = createEventLog(disk, writer, lanes, laneCount, clock);
  const retention = createRetention(disk, writer, lanes, clock, logger, keepMs);
  return {
    log,
    state: createStateStore(writer, stateChains),
    results: createResultStore(disk, writer, rows),
    registry: createSchemaRegistry(disk, writer),
    fused: createFusedStore(writer, fusedChains, rows, lanes),
    retention,
    outputs: createOutputs(disk, writer, fusedChains),
    async close() {
      await log.close();
      await Promise.all([retention.close(), stateChains.close(), fusedChains.close()]);
      await writer.close();
    },
  };
}

async function settleLanes(disk: Disk, writer: Writer, options: AdapterOptions): Promise<number> {
  const { folder, lanes: wanted, readonly } = options;
  const saved = disk.get(LANES_KEY);
  const held = saved ? Number(Buffer.from(saved).toString()) : undefined;
  if (held !== undefined) {
    if (wanted === undefined || wanted === held) return held;
    throw new Error(
      `The data folder ${folder} was made with ${held} lanes, not with ${wanted}. The number can't change under ` +
        'data: put it back in the pipeline, or start over with an empty folder.',
    );
  }
  if (readonly) throw new Error(`There is no data in the folder ${folder}: nothing has run there yet.`);
  if (wanted === undefined || !Number.isInteger(wanted) || wanted < 1) {
    throw new Error(`The data folder ${folder} is new: how many lanes it gets must be said.`);
  }
  await writer.submit((transaction) => transaction.put(LANES_KEY, Buffer.from(String(wanted))));
  return wanted;
}

function refusingWriter(folder: string): Writer {
  return {
    submit: () => Promise.reject(new Error(`The data folder ${folder} was opened for reading only.`)),
    close: async () => {},
  };
}
