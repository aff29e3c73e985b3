import type { Receiver } from '@millrace/ingest/receiver';
import { createIngest, type Ingest } from '@millrace/ingest/stage';
import type { Clock } from '@millrace/lanes/ports/clock';
import type { Logger } from '@millrace/lanes/ports/logger';
import type { Plan } from '@millrace/pipeline/plan';
import { chooseSkew, createClock } from '../world/clock.ts';
import { createDisk } from '../world/disk.ts';
import { createProcess, type SimulatedProcess } from '../world/process.ts';
import { createRegistry } from '../world/registry.ts';
import { createStateStore } from '../world/state.ts';
import type { OpenCodec } from './codec.ts';
import type { SimulatedWorld } from './simulated-world.ts';

/** A process that runs ingest. */
export interface IngestProcess {
  readonly process: SimulatedProcess;
  /** Null: requests can't be sent to it. */
  receiver(): Receiver | null;
  /** All files are read to their end. */
  isFinished(): boolean;
  drain(): void;
}

export interface IngestProcessOptions {
  readonly world: SimulatedWorld;
  readonly plan: Plan;
  readonly openCodec: OpenCodec;
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** It can't go on: a file was taken over, say. A process that says so ends. */
  onFailed(process: SimulatedProcess, error: Error): void;
}

/** Small, so that a file takes many slices. */
const BOUNDS = { sliceRecords: 5, slicesInFlightMax: 2, saveMs: 300, acknowledgeMs: 2000 };
/** One process of so many has a clock that jumps. */
const JUMPING = 8;
const QUIET: Logger = { info: () => undefined, warn: () => undefined, error: () => undefined };

export function startIngestProcess(options: IngestProcessOptions, name: string): IngestProcess {
  const { world, plan, openCodec, files } = options;
  const { network } = world;
  const process = createProcess(name);
  const skewMs = chooseSkew(world.random);
  const clock: Clock = createClock(network, process, skewMs, skewMs % JUMPING === 0);
  let ingest: Ingest | null = null;
  let finished = false;

  async function start(): Promise<void> {
    const codec = await openCodec(createRegistry(network, world.registry, process), clock);
    const starting = createIngest({
      plan,
      clock,
      log: world.logOf(process),
      state: createStateStore(network, world.state, process),
      encodeRaw: (flow) => codec.encodeFlow('raw', flow).value,
      secrets: new Map(),
      logger: QUIET,
      bounds: BOUNDS,
      disk: createDisk(network, process, files),
      onFailed: fail,
    });
    await starting.start();
    ingest = starting;
    await starting.finished;
    finished = true;
  }

  function fail(error: unknown): void {
    process.crash();
    options.onFailed(process, error as Error);
  }

  start().catch(fail);
  return {
    process,
    receiver: () => (process.state === 'running' ? (ingest?.receiver('api') ?? null) : null),
    isFinished: () => finished && process.state === 'running',
    drain: () => void ingest?.drain(),
  };
}
