import { createHash } from 'node:crypto';
import { createFlow, type Flow, NO_POSITION, NO_TIME, reject } from '@millrace/lanes/flow';
import { laneOf } from '@millrace/lanes/murmur2';
import type { Clock } from '@millrace/lanes/ports/clock';
import type { EventLog, LogRecord } from '@millrace/lanes/ports/log';
import type { Settings } from './settings.ts';

/** What every part's records have in common. */
export interface IntakePart {
  readonly source: string;
  readonly name: string;
  readonly number: number;
  readonly ordered: boolean;
  /** How many parts its source has. */
  readonly parts: number;
}

export function intakePart(source: string, path: string | null, parts: number): IntakePart {
  const name = path === null ? source : `${source}:${path}#1`;
  const number = createHash('sha256').update(name).digest().readUIntBE(0, 6);
  return { source, name, number, ordered: path !== null, parts };
}

/** One owner of the raw log's end: sends to each lane strictly in order, until it is acknowledged. */
export interface RawWriter {
  /** Resolves when every record is acknowledged in its lane. */
  write(flows: readonly Flow[]): Promise<void>;
  /** The same record into every lane. */
  writeToAll(make: () => Flow): Promise<void>;
}

const PAUSE_MS = 50;

export function createRawWriter(
  log: EventLog,
  clock: Clock,
  lanes: number,
  encode: (flow: Flow) => LogRecord,
): RawWriter {
  const sent = Array.from({ length: lanes }, () => Promise.resolve());

  async function insist(lane: number, records: readonly LogRecord[]): Promise<void> {
    for (;;) {
      try {
        await log.append('sim.raw', lane, records);
        return;
      } catch {
        await clock.sleep(PAUSE_MS);
      }
    }
  }

  function send(lane: number, flows: readonly Flow[]): Promise<void> {
    const records = flows.map(encode);
    sent[lane] = sent[lane]!.then(() => insist(lane, records));
    return sent[lane];
  }

  return {
    async write(flows) {
      const shares = new Map<number, Flow[]>();
      for (const flow of flows) {
        const lane = laneOf(flow.key, lanes);
        shares.set(lane, [...(shares.get(lane) ?? []), flow]);
      }
      await Promise.all([...shares].map(([lane, share]) => send(lane, share)));
    },
    async writeToAll(make) {
      await Promise.all(sent.map((_, lane) => send(lane, [make()])));
    },
  };
}

export function openedFlow(part: IntakePart, now: number): Flow {
  const flow = controlFlow('opened', part, now);
  flow.partName = part.name;
  flow.parts = part.parts;
  flow.ordered = part.ordered;
  return flow;
}

export function tickFlow(
  part: IntakePart,
  now: number,
  position: number,
  time: number,
  ended: boolean,
): Flow {
  const flow = controlFlow('tick', part, now);
  flow.position = position;
  flow.eventTime = time;
  flow.ended = ended;
  return flow;
}

function controlFlow(kind: 'tick' | 'opened', part: IntakePart, now: number): Flow {
  const flow = createFlow(kind);
  flow.part = part.number;
  flow.source = part.source;
  flow.ingestTime = now;
  return flow;
}

/** An event as it arrives: enough of it is read for its id, key and time. */
export function eventFlow(
  settings: Settings,
  part: IntakePart,
  payload: Uint8Array,
  place: { readonly position: number; readonly id: string },
  now: number,
): Flow {
  const flow = createFlow('event');
  flow.part = part.number;
  flow.position = place.position;
  flow.source = part.source;
  flow.ingestTime = now;
  flow.contentType = 'application/json';
  flow.payload = payload;
  flow.digest = createHash('sha256').update(payload).digest().readUIntBE(0, 6);
  const fields = parse(payload);
  if (fields === null) {
    flow.id = place.id;
    flow.key = place.id;
    flow.eventTime = NO_TIME;
    return reject(flow, 'ingest', 'malformed_json', 'not JSON');
  }
  flow.id = settings.ids ? fields.id : place.id;
  flow.key = fields.device;
  flow.eventTime = fields.at;
  return flow;
}

/** Null: not JSON. */
export function parse(payload: Uint8Array): { id: string; device: string; at: number } | null {
  try {
    return JSON.parse(new TextDecoder().decode(payload));
  } catch {
    return null;
  }
}

export { NO_POSITION };
