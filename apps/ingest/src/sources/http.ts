import { isUtf8 } from 'node:buffer';
import { createFlow, type Flow } from '@millrace/lanes/flow';
import { PayloadError } from '@millrace/lanes/payload';
import { createAdmission } from '../admission.ts';
import { createDeadlines } from '../deadlines.ts';
import type { Scanner } from '../formats/format.ts';
import { createRows, createSplitter, type Splitter } from '../formats/splitter.ts';
import { formatOfMediaType, mediaTypes } from '../formats.ts';
import { createIntake, type Intake } from '../intake.ts';
import { createPart } from '../part.ts';
import { type EventFault, Problem } from '../problem.ts';
import type { Delivered, Receipt, Receiver } from '../receiver.ts';
import { createSecretCheck } from '../secret-check.ts';
import type { Source, SourceContext, SourceKind } from '../source.ts';

/** Events sent to `POST /v1/pipelines/{pipeline}/events/{source}`. */
export const http: SourceKind = {
  name: 'http',
  summary: 'Events sent over HTTP: JSON, NDJSON or CSV.',
  settings: {
    type: 'object',
    additionalProperties: false,
    properties: {
      auth: {
        type: 'string',
        format: 'secret',
        minLength: 1,
        description: 'The bearer token that a request must bring. Default: none, anyone may send.',
        examples: ['secret:ingest_token'],
      },
      body_limit: {
        type: 'string',
        format: 'bytes',
        description: 'The largest body of a request. Default: 5MiB.',
        examples: ['1MiB'],
      },
    },
  },
  finite: () => false,
  open: async (context) => openHttp(context),
};

interface Config {
  readonly auth?: string;
  readonly body_limit?: number;
}

/** A request while it is taken apart. */
interface Taking {
  readonly delivered: Delivered;
  readonly splitter: Splitter;
  readonly flows: Flow[];
  readonly rejected: EventFault[];
  bytes: number;
  /** Rows seen. */
  count: number;
  /** Up to where line ends have been counted, and how many there were. */
  lineOffset: number;
  lines: number;
}

function openHttp(context: SourceContext): Source {
  const { source, appender, bounds, clock, plan } = context;
  const config = source.config as Config;
  const part = createPart(source.name, source.name, false);
  const authorize = config.auth === undefined ? () => {} : createSecretCheck(context.secret(config.auth));
  const admission = createAdmission(bounds, appender.waiting);
  const deadlines = createDeadlines(clock, bounds.acknowledgeMs);
  const stopped = Promise.withResolvers<void>();
  let running = true;
  /** Shared by all requests: filled and used up in one turn. */
  const rows = createRows(bounds.sliceRecords);
  let events = 0;
  /** The id of the event at hand, from the request's Idempotency-Key. */
  let keyedId: string | null = null;
  const intake: Intake = createIntake({
    plan,
    source,
    whole: true,
    nameBytesMax: bounds.nameBytesMax,
    ownId: () =>
      keyedId === null ? { id: crypto.randomUUID(), checked: false } : { id: keyedId, checked: true },
  });

  async function receive(delivered: Delivered): Promise<Receipt> {
    const taking = begin(delivered, context);
    const { body } = delivered;
    for (let at = 0; !taking.splitter.finished(); ) {
      // Other requests get their turn between two slices of a large one.
      if (at > 0) await new Promise(setImmediate);
      at = taking.splitter.split(body, at, body.length, true, 0, rows);
      takeRows(taking);
    }
    const { flows, rejected } = taking;
    if (taking.count === 0) throw new Problem('empty_body', 'the body holds no event');
    if (flows.length === 0) throw allRejected(taking);
    events += flows.length;
    await deadlines.within(appender.append(flows));
    return { accepted: flows.length, rejected };
  }

  function takeRows(taking: Taking): void {
    const { delivered, splitter, flows, rejected } = taking;
    const now = clock.now();
    for (let i = 0; i < rows.count; i++) {
      const index = taking.count++;
      if (index >= bounds.requestEventsMax) {
        throw new Problem('too_many_events', `more than ${bounds.requestEventsMax} events in one request`);
      }
      const broken = rows.broken[i] ?? null;
      if (broken !== null) {
        const message = `${place(taking, broken.at)}: ${broken.message}`;
        if (broken.code === 'malformed_json') throw new Problem('malformed_body', message);
        rejected.push({ index, code: broken.code, message });
        continue;
      }
      keyedId =
        delivered.idempotencyKey === null ? null : `${source.name}:${delivered.idempotencyKey}:${index}`;
      const flow = createFlow('event');
      flow.part = part.number;
      flow.ingestTime = now;
      flow.source = source.name;
      flow.contentType = splitter.scanner.contentType;
      if (flows.length < bounds.requestTracedMax) flow.trace = delivered.trace;
      const refusal = takeRow(taking, flow, rows.starts[i]!, rows.ends[i]!);
      if (refusal === null) flows.push(flow);
      else rejected.push({ index, ...refusal });
    }
  }

  function takeRow(taking: Taking, flow: Flow, start: number, end: number): Omit<EventFault, 'index'> | null {
    const { scanner } = taking.splitter;
    const { body } = taking.delivered;
    if (!isUtf8(body.subarray(start, end))) {
      return { code: 'invalid_utf8', message: `${place(taking, start)}: the bytes are not valid UTF-8` };
    }
    let record: unknown;
    try {
      record = scanner.decode(body, start, end);
    } catch (error) {
      if (!(error instanceof PayloadError)) throw error;
      return { code: error.code, message: `${place(taking, start)}: ${error.message}` };
    }
    flow.payload = scanner.payload(body, start, end);
    const refusal = intake.take(flow, record, scanner.textual);
    if (refusal !== null) return refusal;
    if (!admission.admits(intake.priority, taking.flows.length + 1, taking.bytes + flow.payload.length)) {
      return {
        code: 'overloaded',
        message: `no room for ${intake.priority} events; send it again in a moment`,
      };
    }
    taking.bytes += flow.payload.length;
    return null;
  }

  const receiver: Receiver = {
    bodyBytesMax: config.body_limit ?? bounds.bodyBytesMax,
    authorize,
    checkContentType: (contentType) => void createScanner(contentType, context),
    receive,
  };
  return {
    name: source.name,
    kind: http.name,
    finite: false,
    parts: [part],
    receiver,
    get events() {
      return events;
    },
    async run() {
      while (running) {
        await Promise.race([stopped.promise, clock.sleep(bounds.tickMs)]);
        deadlines.sweep();
      }
    },
    stop() {
      running = false;
      stopped.resolve();
    },
    status: () => [{ name: part.name, state: 'active', position: null, progress: null, eventTime: null }],
  };
}

function begin(delivered: Delivered, context: SourceContext): Taking {
  const splitter = createSplitter(createScanner(delivered.contentType, context), context.bounds);
  return { delivered, splitter, flows: [], rejected: [], bytes: 0, count: 0, lineOffset: 0, lines: 1 };
}

/** @throws Problem unsupported_media_type */
function createScanner(contentType: string, { bounds }: SourceContext): Scanner {
  const format = formatOfMediaType(contentType);
  if (format === null) {
    const given = contentType === '' ? 'no Content-Type' : `Content-Type "${contentType}"`;
    throw new Problem('unsupported_media_type', `${given}, which is none of ${mediaTypes.join(', ')}`);
  }
  try {
    return format.create({ delimiter: null, contentType, depthMax: bounds.depthMax });
  } catch (error) {
    if (error instanceof PayloadError) throw new Problem('unsupported_media_type', error.message);
    throw error;
  }
}

/** Where a row or a fault is, for people: its line and byte. Offsets only ascend from call to call. */
function place(taking: Taking, offset: number): string {
  const { body } = taking.delivered;
  for (;;) {
    const lineEnd = body.indexOf(0x0a, taking.lineOffset);
    if (lineEnd < 0 || lineEnd >= offset) break;
    taking.lineOffset = lineEnd + 1;
    taking.lines += 1;
  }
  return `line ${taking.lines}, byte ${offset - taking.lineOffset + 1}`;
}

function allRejected({ rejected }: Taking): Problem {
  const overloaded = rejected.some(({ code }) => code === 'overloaded');
  if (overloaded)
    return new Problem('overloaded', 'more events wait for the log than there is room for', rejected);
  const [first] = rejected;
  const more = rejected.length > 1 ? ` (and ${rejected.length - 1} more)` : '';
  return new Problem('events_rejected', `${first!.code}: ${first!.message}${more}`, rejected);
}
