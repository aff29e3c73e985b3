import { type Flow, NO_POSITION, NO_TIME } from '@millrace/lanes/flow';
import type { Clock } from '@millrace/lanes/ports/clock';
import type { EventLog, LogRecord } from '@millrace/lanes/ports/log';
import type { Random } from '../random.ts';
import {
  createRawWriter,
  eventFlow,
  type IntakePart,
  intakePart,
  openedFlow,
  parse,
  tickFlow,
} from './intake.ts';
import type { FileScript, RequestScript, Script } from './script.ts';
import type { Settings } from './settings.ts';

/** What ingest has promised to the outside world, and what it has saved: survives every ingest process. */
export interface IngestMemory {
  /** Rows of each file, by path, that are acknowledged in all lanes. */
  readonly saved: Map<string, number>;
  /** Keys of the requests that were answered 202. */
  readonly answered: Set<string>;
  /** Paths of the files whose end is in all lanes. */
  readonly ended: Set<string>;
  /** Nobody ticks any more: the run comes to its end. */
  quiet: boolean;
}

export function createIngestMemory(): IngestMemory {
  return { saved: new Map(), answered: new Set(), ended: new Set(), quiet: false };
}

/** Whether the outside world has nothing left to give. */
export function isExhausted({ files, requests }: Script, { ended, answered }: IngestMemory): boolean {
  return files.every(({ path }) => ended.has(path)) && requests.every(({ key }) => answered.has(key));
}

export interface IngestWorld {
  readonly settings: Settings;
  readonly script: Script;
  readonly memory: IngestMemory;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly random: Random;
  /** Virtual time, which the clients of the HTTP source live by. */
  now(): number;
  encode(flow: Flow): LogRecord;
}

const TICK_MS = 1000;
const ROWS_MAX = 5;
const PACE_MS = 400;

/**
 * The outside world's side of raw, written after architecture.md: `opened` before the first event, positions saved
 * after the acknowledgement in all lanes, a tick per part and second, `ended` once a file has been read.
 */
export function startIngest(world: IngestWorld): void {
  const { settings, script, clock } = world;
  const writer = createRawWriter(world.log, clock, settings.lanes, world.encode);
  const files = script.files.map((file) => createFile(world, file));
  const api = settings.http ? intakePart('api', null, 1) : null;

  async function run(): Promise<void> {
    if (api !== null) await writer.writeToAll(() => openedFlow(api, clock.now()));
    for (const { part } of files) await writer.writeToAll(() => openedFlow(part, clock.now()));
    void tick();
    if (api !== null) for (const request of script.requests) void serve(request, api);
    for (const file of files) void read(file);
  }

  async function tick(): Promise<void> {
    for (;;) {
      await clock.sleep(TICK_MS);
      if (world.memory.quiet) return;
      for (const { part, position, time, ended } of files) {
        await writer.writeToAll(() => tickFlow(part, clock.now(), position(), time(), ended()));
      }
      if (api !== null)
        await writer.writeToAll(() => tickFlow(api, clock.now(), NO_POSITION, NO_TIME, false));
    }
  }

  async function read(file: File): Promise<void> {
    for (;;) {
      const flows = file.next();
      if (flows.length === 0) break;
      await writer.write(flows);
      file.acknowledged();
      await clock.sleep(world.random.below(PACE_MS));
    }
    file.end();
    await writer.writeToAll(() => tickFlow(file.part, clock.now(), file.position(), file.time(), true));
    world.memory.ended.add(file.path);
  }

  /** The client sends again, to whoever takes its request, until it is answered. */
  async function serve({ at, key, events }: RequestScript, part: IntakePart): Promise<void> {
    if (world.now() < at) await clock.sleep(at - world.now());
    if (world.memory.answered.has(key)) return;
    const good = events.filter((payload) => parse(payload) !== null);
    await writer.write(
      good.map((payload, i) => {
        const place = { position: NO_POSITION, id: `${key}/${i}` };
        return eventFlow(settings, part, payload, place, clock.now());
      }),
    );
    world.memory.answered.add(key);
  }

  void run();
}

interface File {
  readonly path: string;
  readonly part: IntakePart;
  position(): number;
  time(): number;
  ended(): boolean;
  /** The next rows; empty at the end. */
  next(): Flow[];
  /** What `next` answered last is in all lanes. */
  acknowledged(): void;
  end(): void;
}

function createFile({ settings, script, memory, random, clock }: IngestWorld, file: FileScript): File {
  const siblings = script.files.filter(({ source }) => source === file.source).length;
  const part = intakePart(file.source, file.path, siblings);
  let row = memory.saved.get(file.path) ?? 0;
  let position = row === 0 ? NO_POSITION : row - 1;
  let time = highest(file.rows.slice(0, row));
  let ended = false;
  return {
    path: file.path,
    part,
    position: () => position,
    time: () => time,
    ended: () => ended,
    next() {
      const rows = file.rows.slice(row, row + random.between(1, ROWS_MAX));
      const from = row;
      row += rows.length;
      return rows.map((payload, i) => {
        const place = { position: from + i, id: `${part.name}@${from + i}` };
        return eventFlow(settings, part, payload, place, clock.now());
      });
    },
    acknowledged() {
      memory.saved.set(file.path, Math.max(row, memory.saved.get(file.path) ?? 0));
      position = row - 1;
      time = highest(file.rows.slice(0, row));
    },
    end() {
      ended = true;
    },
  };
}

/** What a file's ticks say: the highest time of what is in the log, far-away ones included as ingest can't know. */
function highest(rows: readonly Uint8Array[]): number {
  return rows.reduce((time, row) => Math.max(time, parse(row)?.at ?? NO_TIME), NO_TIME);
}
