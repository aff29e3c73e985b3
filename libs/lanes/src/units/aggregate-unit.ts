import type { MadeId } from '../accept.ts';
import { type Counts, zeroCounts } from '../audit.ts';
import { isEvent } from '../flow.ts';
import type { LaneUnit } from '../lane-unit.ts';
import type { LaneLife } from '../lane-worker.ts';
import { MadeSpans } from '../made-spans.ts';
import { takeOverState } from '../saved-lane.ts';
import type { AggregateOutput } from '../stage.ts';
import { traceHeaders } from '../trace-context.ts';
import type { WorkerOptions } from '../worker-options.ts';
import { FlowIntake } from './flow-intake.ts';
import { MadeOutput } from './made-output.ts';
import { RowWriter } from './row-writer.ts';

interface Small {
  readonly last: number | null;
  readonly prev: number;
  readonly made: readonly (readonly [string, MadeId])[];
  readonly counts: Counts;
}

/** aggregate: everything in its checkpoint. */
export async function openAggregateUnit(
  options: WorkerOptions,
  lane: number,
  life: LaneLife,
): Promise<LaneUnit> {
  const { plan, codec, clock, stages, measures } = options;
  const { pipeline } = plan;
  const { hops } = life;
  const spans = new MadeSpans(hops, pipeline);
  const counts = zeroCounts();
  const processor = stages.aggregate(counts);
  if (processor.state === undefined) throw new Error('aggregate has no state to save');
  const group = `${pipeline}.aggregate`;
  const topic = `${pipeline}.enriched`;
  const target = `${pipeline}.aggregated`;
  const saved = await takeOverState<Small>(options, { group, topic, lane, state: processor.state });
  Object.assign(counts, saved.small?.counts);
  let prev = saved.small?.prev ?? -1;
  const intake = new FlowIntake(
    options,
    { hops, group, isOver: life.isOver },
    'aggregate',
    'enriched',
    lane,
    saved.small?.last ?? null,
  );
  const rows = new RowWriter(options, life, 'enriched', lane);
  const writer = (to: string) => (to === 'partials' ? lane : 0);
  const watermark = () => processor.time.watermark;
  const made = new MadeOutput(
    { codec, outbox: life.outbox, pipeline },
    writer,
    watermark,
    saved.small?.made ?? [],
  );
  const output: AggregateOutput = {
    forward(record) {
      record.prev = prev;
      prev = record.seq;
      life.outbox.add(target, lane, codec.encodeFlow('aggregated', record));
    },
    window(view) {
      const result = view.result();
      const trace = spans.window(lane, view, result);
      made.add('windows', lane, { kind: 'window', result }, trace && traceHeaders(trace));
    },
    alert(alert, of) {
      const trace = spans.alert(lane, alert, of);
      made.add('alerts', lane, { kind: 'alert', alert }, trace && traceHeaders(trace));
    },
    partial: (to, record, of) => made.add('partials', to, record, spans.partial(to, record, of)),
    folded: (view) => spans.folded(view),
    everyPartial: true,
  };
  return {
    from: saved.from,
    topic,
    counts,
    view: processor,
    async take(records, base) {
      const news = await intake.read(records, base, rows.foreign);
      const before = counts.events;
      for (const record of news) {
        if (isEvent(record)) counts.events++;
        made.causedBy(record.seq, record.ingestTime);
        hops.current = record.trace;
        processor.process(record, output);
        if (record.trace !== null) hops.settle(record, prev === record.seq);
      }
      measures.stages.aggregate.add(clock.now(), counts.events - before);
      await rows.write();
    },
    commit: (next) => saved.save(next, { last: intake.last, prev, made: made.saved(), counts }),
  };
}
