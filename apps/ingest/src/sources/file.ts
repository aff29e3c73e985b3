import { isUtf8 } from 'node:buffer';
import { CSV_DELIMITERS } from '@millrace/lanes/csv-row';
import { createFlow, type Flow, NO_TIME, reject } from '@millrace/lanes/flow';
import { PayloadError } from '@millrace/lanes/payload';
import type { SourcePartStatus } from '@millrace/lanes/status';
import { NEW_TRACE } from '@millrace/lanes/trace-context';
import { type FilePart, openFilePart } from '../file-part.ts';
import { createFileRun } from '../file-run.ts';
import type { Format } from '../formats/format.ts';
import type { Rows } from '../formats/splitter.ts';
import { formatNamed, formatOfFile, formats } from '../formats.ts';
import { createIntake, type Refusal } from '../intake.ts';
import { ownId } from '../part.ts';
import type { Source, SourceContext, SourceKind } from '../source.ts';

const FORMAT_NAMES = formats.map(({ name }) => name);

/** Events from files: each is read once, from its start to its end, and gone on with where it was left. */
export const file: SourceKind = {
  name: 'file',
  summary: 'Events from one or more files: JSON arrays, NDJSON or CSV.',
  settings: {
    type: 'object',
    additionalProperties: false,
    required: ['path'],
    properties: {
      path: {
        type: 'string',
        format: 'path',
        minLength: 1,
        description: 'A file, or a pattern such as `./data/*.csv`.',
        examples: ['./payments.csv'],
      },
      format: {
        enum: FORMAT_NAMES,
        description: 'What is in it. Default: by the ending of its name.',
        examples: ['ndjson'],
      },
      delimiter: {
        enum: Object.values(CSV_DELIMITERS),
        description: 'Between the fields of CSV. Default: a comma, of .tsv a tab.',
        examples: [';'],
      },
      pace: {
        type: 'string',
        format: 'rate',
        description: 'How fast events are taken, evenly. Default: as fast as it goes.',
        examples: ['500/s'],
      },
    },
  },
  shorthand: 'path',
  finite: () => true,
  open: openFiles,
};

interface Config {
  readonly path: string;
  readonly format?: string;
  readonly delimiter?: string;
  readonly pace?: number;
}

async function openFiles(context: SourceContext): Promise<Source> {
  const { source, bounds } = context;
  const config = source.config as unknown as Config;
  const paths = await filesAt(config.path, context);
  const chunkBytes = Math.max(
    bounds.chunkBytesMin,
    Math.min(bounds.chunkBytesMax, Math.floor(bounds.fileBuffersBytesMax / paths.length)),
  );
  const files: FilePart[] = [];
  for (const path of paths) {
    const format = formatOf(path, config, source.name);
    const delimiter = config.delimiter ?? (path.toLowerCase().endsWith('.tsv') ? '\t' : ',');
    const formatOptions = { delimiter, contentType: '', depthMax: bounds.depthMax };
    files.push(await openFilePart({ path, format, formatOptions, chunkBytes }, context));
  }
  const run = createFileRun({
    files,
    context,
    perSecond: config.pace ?? Number.POSITIVE_INFINITY,
    take: createTake(context),
  });
  return {
    name: source.name,
    kind: file.name,
    finite: true,
    parts: files.map(({ part }) => part),
    receiver: null,
    get events() {
      return run.events();
    },
    run: run.run,
    stop: run.stop,
    status: () => files.map(statusOf),
  };
}

/** The files that the path names, sorted, so that every start finds the same order. */
async function filesAt(path: string, { source, bounds, disk }: SourceContext): Promise<readonly string[]> {
  const paths: string[] = [];
  for await (const found of disk.find(path)) {
    paths.push(found);
    if (paths.length > bounds.partsMax) {
      throw new Error(
        `source ${source.name}: more than ${bounds.partsMax} files match ${path}; use several sources`,
      );
    }
  }
  if (paths.length === 0) throw new Error(`source ${source.name}: no file matches ${path}`);
  return paths.sort();
}

function formatOf(path: string, config: Config, source: string): Format {
  if (config.format !== undefined) return formatNamed(config.format);
  const format = formatOfFile(path);
  if (format !== null) return format;
  throw new Error(
    `source ${source}: the name of ${path} does not say its format; add format: ${FORMAT_NAMES.join(' | ')}`,
  );
}

export type Take = (file: FilePart, rows: Rows, firstRow: number, now: number) => Flow[];

/** Rows to records. One that can't be read is no error here: it goes on as a rejected record. */
function createTake(context: SourceContext): Take {
  const { plan, source, bounds, tracer } = context;
  let fallbackId = '';
  const intake = createIntake({
    plan,
    source,
    whole: false,
    nameBytesMax: bounds.nameBytesMax,
    ownId: () => ({ id: fallbackId, checked: false }),
  });
  const idless = plan.event.id === null;
  const { maxAheadMs } = plan.time;

  return (from, rows, firstRow, now) => {
    const { part, reader } = from;
    const { bytes, scanner } = reader;
    const { contentType, textual } = scanner;
    const allUtf8 = isUtf8(stretchOf(rows, bytes));
    const flows: Flow[] = [];
    for (let i = 0; i < rows.count; i++) {
      const flow = createFlow('event');
      flow.part = part.number;
      flow.position = firstRow + i;
      flow.ingestTime = now;
      flow.source = source.name;
      flow.contentType = contentType;
      if (tracer.sampled()) flow.trace = NEW_TRACE;
      if (idless) fallbackId = ownId(part, flow.position);
      const refusal = takeRow(i, flow);
      if (refusal !== null) refuse(flow, refusal, rows.broken[i]?.start ?? reader.base + rows.starts[i]!);
      // As validate does: a time that far ahead is refused there, and must not move the ticks' time here.
      else if (flow.eventTime > part.time && flow.eventTime <= now + maxAheadMs) part.time = flow.eventTime;
      flows.push(flow);
    }
    part.position = firstRow + rows.count - 1;
    return flows;

    function takeRow(i: number, flow: Flow): Refusal | null {
      const broken = rows.broken[i] ?? null;
      if (broken !== null) {
        flow.payload = broken.payload;
        const cut =
          broken.size > broken.payload.length ? `, the first ${broken.payload.length} of them kept` : '';
        return {
          code: broken.code,
          message: `${broken.message} (byte ${broken.at}; ${broken.size} bytes left out${cut})`,
        };
      }
      const start = rows.starts[i]!;
      const end = rows.ends[i]!;
      flow.payload = scanner.payload(bytes, start, end);
      if (!allUtf8 && !isUtf8(bytes.subarray(start, end))) {
        return { code: 'invalid_utf8', message: 'the bytes are not valid UTF-8' };
      }
      let record: unknown;
      try {
        record = scanner.decode(bytes, start, end);
      } catch (error) {
        if (!(error instanceof PayloadError)) throw error;
        return error;
      }
      return intake.take(flow, record, textual);
    }

    function refuse(flow: Flow, { code, message }: Refusal, offset: number): void {
      flow.id = ownId(part, flow.position);
      flow.key = flow.id;
      flow.digest = 0;
      reject(flow, 'ingest', code, `${from.shown}, row ${flow.position + 1} from byte ${offset}: ${message}`);
    }
  };
}

/** From the first row's start to the last one's end. Broken ones stand at 0. */
function stretchOf(rows: Rows, bytes: Buffer): Buffer {
  let start = bytes.length;
  let end = 0;
  for (let i = 0; i < rows.count; i++) {
    if (rows.broken[i] !== null) continue;
    start = Math.min(start, rows.starts[i]!);
    end = Math.max(end, rows.ends[i]!);
  }
  return bytes.subarray(Math.min(start, end), end);
}

function statusOf({ part, reader, saved, sizeBytes }: FilePart): SourcePartStatus {
  const offset = reader.position()?.offset ?? reader.base;
  return {
    name: part.name,
    state: part.ended ? 'ended' : 'active',
    position: saved.row - 1,
    progress: sizeBytes === 0 ? 1 : Math.min(1, offset / sizeBytes),
    eventTime: part.time === NO_TIME ? null : part.time,
  };
}
