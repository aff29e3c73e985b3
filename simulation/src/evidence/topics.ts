import type { Alert, Mark, Partial, WindowResult } from '@millrace/lanes/made';
import type { LogRecord } from '@millrace/lanes/ports/log';
import type { Caused, ObservedPartial, Streams } from '../check/observed.ts';
import type { Fields } from '../oracle/plan.ts';
import type { LaneRecord } from '../oracle/record.ts';
import type { RawRecord } from '../workload/verdict.ts';
import type { Broker } from '../world/broker.ts';
import type { RegistryServer } from '../world/registry.ts';
import { createWireReader, type WireRecord } from './wire.ts';

/** The topics of a run, read back lane by lane. */
export interface Topics {
  raw(lane: number): RawRecord[];
  /** What a reader of the lane accepts: the first copy of each record. */
  enriched(lane: number): LaneRecord[];
  partials(lane: number): ObservedPartial[];
  /** What a writer made: 0 = aggregate, 1 = merge. */
  made(lanes: readonly number[], writer: number): Streams;
}

/** Before every time: Avro has no −∞. */
const NO_TIME = -(2 ** 52);

export function readTopics(
  broker: Broker,
  registry: RegistryServer,
  generations: readonly Generation[][],
): Topics {
  const read = createWireReader(registry);

  function entries(topic: string, lane: number): { offset: number; wire: WireRecord }[] {
    const { base, records } = broker.read(`sim.${topic}`, lane, 0, Number.MAX_SAFE_INTEGER);
    return records.map((record: LogRecord, i) => ({ offset: base + i, wire: read(record) }));
  }

  /** Accepted per writer: (seq, index) above the last. */
  function accepted(topic: string, lane: number) {
    const last = new Map<unknown, Fields>();
    return entries(topic, lane).filter(({ wire: { fields } }) => {
      const before = last.get(fields.lane_writer);
      const seq = Number(fields.lane_seq) - Number(before?.lane_seq ?? -1);
      const index = Number(fields.lane_index) - Number(before?.lane_index ?? -1);
      if (seq < 0 || (seq === 0 && index <= 0)) return false;
      last.set(fields.lane_writer, fields);
      return true;
    });
  }

  return {
    raw: (lane) =>
      entries('raw', lane).map(({ offset, wire }) => {
        const seq = seqOf(generations[lane] ?? [], offset);
        const { payload = null, part_name: partName = '' } = wire.fields as {
          payload?: Uint8Array;
          part_name?: string;
        };
        return { ...laneRecord(wire), seq, payload, partName };
      }),
    enriched(lane) {
      let last = -1;
      return entries('enriched', lane).flatMap(({ wire }) => {
        const record = laneRecord(wire);
        if (record.seq <= last) return [];
        last = record.seq;
        return [record];
      });
    },
    partials: (lane) =>
      accepted('partials', lane).map(({ offset, wire: { name, fields } }) => {
        const kind = name === 'Mark' ? 'mark' : 'partial';
        return {
          seq: offset,
          from: Number(fields.lane_writer),
          record: { ...fields, kind } as unknown as Partial | Mark,
        };
      }),
    made(lanes, writer) {
      const by = (topic: string, lane: number) =>
        accepted(topic, lane).filter(({ wire: { fields } }) => fields.lane_writer === writer);
      return {
        windows: lanes.map((lane) => by('windows', lane).map(({ wire }) => windowOf(wire))),
        alerts: lanes.map((lane) => by('alerts', lane).map(({ wire }) => alertOf(wire))),
      };
    },
  };
}

/** From this offset on, what is written in a lane of raw belongs to this generation. */
export interface Generation {
  readonly from: number;
  readonly generation: number;
}

const GENERATION_SPAN = 2 ** 40;

function seqOf(generations: readonly Generation[], offset: number): number {
  const generation = generations.findLast(({ from }) => from <= offset)?.generation ?? 0;
  return generation * GENERATION_SPAN + offset;
}

const KINDS: Readonly<Record<string, LaneRecord['kind']>> = {
  Tick: 'tick',
  Opened: 'opened',
  Rejected: 'rejected',
  Replay: 'replay',
};

/** What a dead letter of enrich or aggregate holds, and so a replay of it. */
const EVENT_JSON = 'application/json; millrace=event';

function laneRecord(wire: WireRecord): LaneRecord {
  const record = flowRecord(wire);
  const { content_type, payload } = wire.fields;
  if (record.kind !== 'replay' || content_type !== EVENT_JSON) return record;
  const { time, late, event } = JSON.parse(Buffer.from(payload as Uint8Array).toString());
  return { ...record, eventTime: time, late, event };
}

function flowRecord({ name, fields }: WireRecord): LaneRecord {
  const text = (field: string) => String(fields[field] ?? '');
  const number = (field: string) => Number(fields[field] ?? 0);
  // On replays it says what they replay.
  const position = number('position') < 0 ? null : number('position');
  const isReplay = number('attempt') > 0;
  return {
    kind: KINDS[name] ?? 'event',
    seq: number('lane_seq'),
    part: number('part'),
    position: isReplay ? null : position,
    replays: isReplay ? position : null,
    eventTime: number('event_time') <= NO_TIME ? Number.NEGATIVE_INFINITY : number('event_time'),
    ingestTime: number('ingest_time'),
    source: text('source'),
    id: text('id'),
    key: text('key'),
    digest: number('digest'),
    attempt: number('attempt'),
    stage: text('stage'),
    code: text('code'),
    event: eventOf(fields),
    late: fields.late === true,
    ended: fields.ended === true,
    parts: number('parts'),
    ordered: fields.ordered === true,
  };
}

/** The event as expressions of aggregate see it: with what enrich has added, and the flags of both stages. */
function eventOf({ event, place, flags_validate, flags_enrich }: Fields): Fields | null {
  if (event === undefined) return null;
  const flags = [...((flags_validate ?? []) as string[]), ...((flags_enrich ?? []) as string[])];
  return { ...(event as Fields), place: place ?? null, flags };
}

const WINDOW = 'Window_';

function windowOf({ name, fields }: WireRecord): Caused<WindowResult> {
  const { lane_seq, group, start, end, revision, final, n, total, top } = fields;
  const place = { name: name.slice(WINDOW.length), group, start, end, revision, final };
  return { seq: lane_seq, ...place, values: { n, total, top } } as unknown as Caused<WindowResult>;
}

function alertOf({ fields }: WireRecord): Caused<Alert> {
  const { lane_seq: seq, event_id: eventId, ...alert } = fields;
  return { seq, eventId, ...alert } as unknown as Caused<Alert>;
}
