import type { Counts } from '@millrace/lanes/audit';
import { type Flow, NO_POSITION, NO_TIME } from '@millrace/lanes/flow';
import type { FlowTopic, LaneCodec, MadeRecord, MadeTopic } from '@millrace/lanes/lane-codec';
import type { Alert } from '@millrace/lanes/made';
import type { Caused, Observed, ObservedPartial, Streams } from '../check/observed.ts';
import type { LaneRecord } from '../oracle/record.ts';
import type { SimulatedWorld } from './simulated-world.ts';

/** Reads back what a run has left in its topics and stores. */
export function observe(world: SimulatedWorld, codec: LaneCodec, lanes: number): Observed {
  const all = Array.from({ length: lanes }, (_, lane) => lane);
  return {
    records: all.map((lane) => flowsOf(world, codec, 'enriched', lane)),
    partials: all.map((lane) => partialsOf(world, codec, lane)),
    made: { local: streams(world, codec, all, 0), merged: streams(world, codec, all, 1) },
    rows: world.results.rows(),
    counts: all.map((lane) => countsOf(world, lane)),
  };
}

/** A lane's records as whoever reads it accepts them: the first copy of each. */
export function flowsOf(
  world: SimulatedWorld,
  codec: LaneCodec,
  topic: FlowTopic,
  lane: number,
): LaneRecord[] {
  let last = -1;
  return entries(world, topic, lane).flatMap(({ record, offset }) => {
    const decoded = codec.decodeFlow(topic, record, offset);
    if (decoded.kind !== 'value') throw new Error(`${topic}/${lane}@${offset}: ${decoded.kind}`);
    if (decoded.value.seq <= last) return [];
    last = decoded.value.seq;
    return [laneRecord(decoded.value)];
  });
}

function laneRecord(flow: Flow): LaneRecord {
  const { kind, seq, part, position, eventTime, ingestTime, source, id, key, digest, attempt } = flow;
  return {
    kind,
    seq,
    part,
    ingestTime,
    source,
    id,
    key,
    digest,
    attempt,
    position: position === NO_POSITION ? null : position,
    eventTime: eventTime <= NO_TIME ? Number.NEGATIVE_INFINITY : eventTime,
    stage: flow.stage,
    code: flow.code,
    event: flow.event,
    ended: flow.ended,
    parts: flow.parts,
    ordered: flow.ordered,
  };
}

function partialsOf(world: SimulatedWorld, codec: LaneCodec, lane: number): ObservedPartial[] {
  return madeOf(world, codec, 'partials', lane).map(({ offset, record: { made, content } }) => {
    if (content.kind !== 'partial' && content.kind !== 'mark')
      throw new Error(`a ${content.kind} among partials`);
    return { seq: offset, from: made.writer, record: content };
  });
}

function streams(world: SimulatedWorld, codec: LaneCodec, lanes: readonly number[], writer: number): Streams {
  const by = (topic: MadeTopic, lane: number) =>
    madeOf(world, codec, topic, lane).filter(({ record }) => record.made.writer === writer);
  return {
    windows: lanes.map((lane) =>
      by('windows', lane).map(({ record: { made, content } }) => {
        if (content.kind !== 'window') throw new Error(`a ${content.kind} among windows`);
        return { ...content.result, seq: made.seq };
      }),
    ),
    alerts: lanes.map((lane) =>
      by('alerts', lane).map(({ record: { made, content } }): Caused<Alert> => {
        if (content.kind !== 'alert') throw new Error(`a ${content.kind} among alerts`);
        return { ...content.alert, seq: made.seq };
      }),
    ),
  };
}

/** Accepted per writer: (seq, index) above the last. */
function madeOf(world: SimulatedWorld, codec: LaneCodec, topic: MadeTopic, lane: number) {
  const last = new Map<number, MadeRecord['made']>();
  return entries(world, topic, lane).flatMap(({ record, offset }) => {
    const decoded = codec.decodeMade(topic, record);
    if (decoded.kind !== 'value') throw new Error(`${topic}/${lane}@${offset}: ${decoded.kind}`);
    const { made } = decoded.value;
    const before = last.get(made.writer);
    if (before !== undefined && (made.seq - before.seq || made.index - before.index) <= 0) return [];
    last.set(made.writer, made);
    return [{ offset, record: decoded.value }];
  });
}

function entries(world: SimulatedWorld, topic: string, lane: number) {
  const { base, records } = world.broker.read(`sim.${topic}`, lane, 0, Number.MAX_SAFE_INTEGER);
  return records.map((record, i) => ({ record, offset: base + i }));
}

/** What the lanes themselves have saved: validate knows what it dropped, aggregate the rest. */
function countsOf(world: SimulatedWorld, lane: number): Counts {
  const position = world.broker.committed('sim.validate', 'sim.raw', lane);
  const head = world.state.entries.get(`sim.aggregate/0/${lane}`)?.saved?.head;
  const validated = countsIn(position?.metadata);
  const aggregated = countsIn(head);
  return { ...aggregated, events: validated.events, dropped: validated.dropped };
}

function countsIn(text: string | undefined): Counts {
  const nothing = { events: 0, dropped: 0, duplicate: 0, rejected: 0, late: 0, processed: 0 };
  if (text === undefined) return nothing;
  return (JSON.parse(text) as { small: { counts: Counts } }).small.counts;
}
