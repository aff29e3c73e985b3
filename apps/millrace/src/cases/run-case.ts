import type { OpenTables } from '@millrace/enrich/tables';
import { BOUNDS } from '@millrace/ingest/bounds';
import { createIntake } from '@millrace/ingest/intake';
import { createPart, openedFlow, type Part, tickFlow } from '@millrace/ingest/part';
import { jsonData } from '@millrace/lanes/event-json';
import { createFlow, type Flow, reject } from '@millrace/lanes/flow';
import { FusedLane, FusedMerge } from '@millrace/lanes/fused-lane';
import type { WindowView } from '@millrace/lanes/made';
import { createMeasures } from '@millrace/lanes/measures';
import { laneOf } from '@millrace/lanes/murmur2';
import { JSON_CONTENT } from '@millrace/lanes/payload';
import type { ResultRow } from '@millrace/lanes/ports/results';
import type { Delivery, RouteInput, RouteOutput } from '@millrace/lanes/stage';
import type { CasePlan, Plan, SourcePlan } from '@millrace/pipeline/plan';
import type { SinkKind } from '@millrace/route/sink';
import { sinkKinds } from '@millrace/route/sinks';
import { createLaneStages } from '../lane-stages.ts';
import { type GivenRecord, givenRecords } from './given.ts';

/** Plain JSON data, in the order in which it came out. */
export interface CaseOutputs {
  readonly alerts: Record<string, unknown>[];
  /** Every result: live ones, final ones and corrections. */
  readonly windows: Record<string, unknown>[];
  readonly deadletters: Record<string, unknown>[];
  /** What routes hand on, once per route. */
  readonly events: Record<string, unknown>[];
}

/** The events of a case that name no source. */
const NO_SOURCE: SourcePlan = { name: '', kind: 'case', config: {}, map: null, finite: true };
const encoder = new TextEncoder();

/**
 * Takes a case through the stages as they run in production, in its own time and without I/O. Every lane hears of
 * the newest time at once, and at the end the sources have ended, so that all windows close.
 * @throws GivenError
 */
export async function runCase(document: Plan, tables: OpenTables, testCase: CasePlan): Promise<CaseOutputs> {
  const sources = [...document.sources.map((source) => ({ ...source, finite: true })), NO_SOURCE];
  const run = new CaseRun({ ...document, sources }, tables);
  const records = givenRecords(document, testCase);
  const used = new Set(records.map(({ source }) => source?.name ?? NO_SOURCE.name));
  await run.open(records[0]?.arrivesAt ?? 0, used);
  for (const record of records) await run.take(record);
  await run.end(records.at(-1)?.arrivesAt ?? 0);
  return run.outputs;
}

class CaseRun {
  readonly outputs: CaseOutputs = { alerts: [], windows: [], deadletters: [], events: [] };
  readonly #plan: Plan;
  readonly #lanes: readonly FusedLane[];
  readonly #parts: ReadonlyMap<string, Part>;
  readonly #intakes: ReadonlyMap<string, ReturnType<typeof createIntake>>;
  readonly #routed = new Set<string>();
  #seq = 0;

  constructor(plan: Plan, { tables }: OpenTables) {
    this.#plan = plan;
    const stages = createLaneStages(plan, { tables, sinkKinds: handingOver, sinks: new Map() });
    const route = stages.route();
    const effects = {
      route: (input: RouteInput) => route.process(input, this.#out),
      window: (seq: number, view: WindowView) =>
        route.process({ topic: 'windows', seq, result: view.result() }, this.#out),
      partial: (from: number, to: number, record: Parameters<FusedMerge['process']>[1]) =>
        merges[to]!.process(from, record),
    };
    const lanes = Array.from({ length: plan.lanes }, (_, lane) => lane);
    const merges = lanes.map(() => new FusedMerge(plan, stages, effects));
    this.#lanes = lanes.map((lane) => new FusedLane(plan, lane, stages, effects, createMeasures()));
    this.#parts = new Map(plan.sources.map(({ name }) => [name, createPart(name, `case:${name}`, true)]));
    this.#intakes = new Map(plan.sources.map((source) => [source.name, this.#createIntake(source)]));
  }

  #createIntake(source: SourcePlan) {
    return createIntake({
      plan: this.#plan,
      source,
      whole: false,
      nameBytesMax: BOUNDS.nameBytesMax,
      ownId: (flow) => ({ id: `case-${flow.seq}`, checked: false }),
    });
  }

  /** A source that the case does not use has ended at once, or it would hold every window open to the end. */
  async open(now: number, used: ReadonlySet<string>): Promise<void> {
    for (const part of this.#parts.values()) await this.#broadcast(() => openedFlow(part, 1, now));
    for (const [name, part] of this.#parts) {
      if (!used.has(name)) await this.#broadcast(() => tickFlow(part, true, now));
    }
  }

  async take({ source, record, arrivesAt }: GivenRecord): Promise<void> {
    const name = source?.name ?? NO_SOURCE.name;
    const part = this.#parts.get(name)!;
    part.position++;
    const flow = createFlow('event');
    Object.assign(flow, {
      seq: this.#seq++,
      part: part.number,
      position: part.position,
      source: name,
      ingestTime: arrivesAt,
      contentType: JSON_CONTENT,
      payload: encoder.encode(JSON.stringify(record)),
    });
    const refusal = this.#intakes.get(name)!.take(flow, record, false);
    if (refusal !== null) {
      flow.id ||= `case-${flow.seq}`;
      reject(flow, 'ingest', refusal.code as Parameters<typeof reject>[2], refusal.message);
    }
    await this.#lanes[laneOf(flow.key, this.#lanes.length)]!.process([flow], arrivesAt);
    // As a tick does a little later: what lies beyond max_ahead moves no time.
    if (flow.eventTime <= part.time || flow.eventTime > arrivesAt + this.#plan.time.maxAheadMs) return;
    part.time = flow.eventTime;
    await this.#broadcast(() => tickFlow(part, false, arrivesAt));
  }

  async end(now: number): Promise<void> {
    for (const part of this.#parts.values()) await this.#broadcast(() => tickFlow(part, true, now));
  }

  async #broadcast(make: () => Flow): Promise<void> {
    for (const lane of this.#lanes) {
      const flow = make();
      flow.seq = this.#seq++;
      await lane.process([flow], flow.ingestTime);
    }
  }

  readonly #out: RouteOutput = {
    store: (row) => this.#keep(row),
    append: () => {},
    deliver: (sink, delivery) => this.#handOn(sink, delivery),
  };

  #keep(row: ResultRow): void {
    if (row.table === 'events') return;
    const { pipeline, version, table, ...shown } = row;
    if (row.table !== 'deadletters') {
      this.outputs[row.table].push(shown as Record<string, unknown>);
      return;
    }
    const { payload, ...rest } = shown as Record<string, unknown>;
    this.outputs.deadletters.push({ ...rest, payload: readable(payload as Uint8Array) });
  }

  #handOn(sink: string, { from, id, key, time, value }: Delivery): void {
    const [route] = sink.split('.');
    if (from !== 'event' || this.#routed.has(`${route}/${id}`)) return;
    this.#routed.add(`${route}/${id}`);
    this.outputs.events.push({ route, id, key, time, event: jsonData(value) });
  }
}

/** Sinks that only hand over: a case reaches nothing outside. */
const handingOver: Readonly<Record<string, SinkKind>> = Object.fromEntries(
  Object.values(sinkKinds).map((kind) => [
    kind.name,
    {
      name: kind.name,
      summary: kind.summary,
      settings: kind.settings,
      reach: 'outer',
      open: () => Promise.reject(new Error('a case opens no sinks')),
    },
  ]),
);

function readable(payload: Uint8Array): unknown {
  const text = new TextDecoder().decode(payload);
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
