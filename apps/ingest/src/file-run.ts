import type { Flow } from '@millrace/lanes/flow';
import type { FilePart } from './file-part.ts';
import { createRows, type Rows } from './formats/splitter.ts';
import { createPacer } from './pacer.ts';
import { tickFlow } from './part.ts';
import { TakenOver } from './saved-position.ts';
import { createSlices } from './slices.ts';
import type { SourceContext } from './source.ts';

export interface FileRunOptions {
  readonly files: readonly FilePart[];
  readonly context: SourceContext;
  /** Infinity: as fast as they are taken. */
  readonly perSecond: number;
  readonly take: (file: FilePart, rows: Rows, firstRow: number, now: number) => Flow[];
}

export interface FileRun {
  run(): Promise<void>;
  stop(): void;
  events(): number;
}

/**
 * Reads the files of a source slice by slice, always the one whose events are the furthest behind in event time:
 * so the watermark, which waits for all of them, moves on and few windows are open at once.
 */
export function createFileRun({ files, context, perSecond, take }: FileRunOptions): FileRun {
  const { appender, bounds, clock, lag, logger, source } = context;
  const rows = createRows(bounds.sliceRecords);
  const slices = createSlices();
  let stopped = false;
  let events = 0;
  let savedAt = clock.now();
  let isSaved = true;
  const pacer = createPacer(clock, perSecond, bounds.paceStepMs, () => stopped);

  async function run(): Promise<void> {
    try {
      for (;;) {
        const file = furthestBehind(files);
        if (file === null || !(await mayGoOn())) break;
        rows.limit = await pacer.take(bounds.sliceRecords);
        if (rows.limit === 0) break;
        await readSlice(file);
        await slices.settle(bounds.slicesInFlightMax - 1);
        if (clock.now() - savedAt >= bounds.saveMs) await save();
      }
      await slices.settle(0);
      await save();
      while (!isSaved && !stopped) {
        await clock.sleep(bounds.saveMs);
        await save();
      }
    } finally {
      await Promise.all(files.map(({ reader }) => reader.close()));
    }
  }

  /** Waits while the pipeline is too far behind. False: stopped. */
  async function mayGoOn(): Promise<boolean> {
    while (!stopped && lag() > bounds.lagRecordsMax) await clock.sleep(bounds.lagPauseMs);
    return !stopped;
  }

  async function readSlice(file: FilePart): Promise<void> {
    const { reader, part } = file;
    await reader.read(rows);
    if (rows.count > 0) {
      const flows = take(file, rows, part.position + 1, clock.now());
      events += flows.length;
      handOver(file, appender.append(flows));
    }
    if (!reader.finished) return;
    // Behind all of its events in every lane.
    part.ended = true;
    handOver(file, appender.broadcast(tickFlow(part, true, clock.now())));
  }

  function handOver(file: FilePart, acknowledged: Promise<void>): void {
    const { part, reader } = file;
    const position = reader.position();
    const progress = position === null ? null : { ...position, row: part.position + 1, time: part.time };
    slices.add(acknowledged, () => {
      if (progress !== null) file.acknowledged = progress;
    });
  }

  /** What can't be saved is saved later; at worst rows are read again, which aggregate recognises. */
  async function save(): Promise<void> {
    try {
      for (const file of files) await file.save();
      isSaved = true;
    } catch (error) {
      if (error instanceof TakenOver) throw error;
      if (isSaved) {
        const message = 'how far files are read can’t be saved; reading goes on, and it is tried again';
        logger.warn({ err: error, source: source.name }, message);
      }
      isSaved = false;
    }
    savedAt = clock.now();
  }

  return {
    run,
    stop() {
      stopped = true;
    },
    events: () => events,
  };
}

/** Of the files that are not read to their end, the one with the lowest highest event time; null: none is left. */
function furthestBehind(files: readonly FilePart[]): FilePart | null {
  let furthest: FilePart | null = null;
  for (const file of files) {
    if (!file.part.ended && (furthest === null || file.part.time < furthest.part.time)) furthest = file;
  }
  return furthest;
}
