import type { MadeId } from '../accept.ts';
import { LANE_SEQ_SPAN } from '../bounds.ts';
import { lateMergeDeadLetter } from '../dead-letter.ts';
import type { LaneUnit } from '../lane-unit.ts';
import type { LaneLife } from '../lane-worker.ts';
import { MadeSpans, originsOf } from '../made-spans.ts';
import { takeOverState } from '../saved-lane.ts';
import { ATTRIBUTE } from '../span-attributes.ts';
import type { MergeOutput } from '../stage.ts';
import { type TraceContext, traceHeaders } from '../trace-context.ts';
import type { WorkerOptions } from '../worker-options.ts';
import { MadeIntake } from './made-intake.ts';
import { MadeOutput } from './made-output.ts';
import { RowWriter } from './row-writer.ts';

interface Small {
  readonly last: readonly (readonly [number, MadeId])[];
  readonly made: readonly (readonly [string, MadeId])[];
}

/** The merge's identity as a writer of windows and alerts. */
const MERGE_WRITER = 1;

/** The merge of one partition of groups: a lane of its own, over partials. */
export async function openMergeUnit(options: WorkerOptions, lane: number, life: LaneLife): Promise<LaneUnit> {
  const { plan, codec, clock, stages, measures, generation } = options;
  const { pipeline } = plan;
  const { hops } = life;
  const spans = new MadeSpans(hops, pipeline);
  const processor = stages.merge();
  if (processor.state === undefined) throw new Error('merge has no state to save');
  const group = `${pipeline}.merge`;
  const topic = `${pipeline}.partials`;
  const saved = await takeOverState<Small>(options, { group, topic, lane, state: processor.state });
  const intake = new MadeIntake(
    options,
    { hops, group, isOver: life.isOver },
    'merge',
    'partials',
    lane,
    saved.small?.last ?? [],
  );
  const rows = new RowWriter(options, life, 'partials', lane);
  let seq = 0;
  let time = 0;
  /** Of the partial at hand. */
  let origins: readonly TraceContext[] = [];
  const made = new MadeOutput(
    { codec, outbox: life.outbox, pipeline },
    () => MERGE_WRITER,
    () => time,
    saved.small?.made ?? [],
  );
  const output: MergeOutput = {
    window(view) {
      const result = view.result();
      const trace = spans.window(lane, view, result);
      made.add('windows', lane, { kind: 'window', result }, trace && traceHeaders(trace));
    },
    alert(alert, of) {
      const trace = spans.alert(lane, alert, of);
      made.add('alerts', lane, { kind: 'alert', alert }, trace && traceHeaders(trace));
    },
    folded: (view) => spans.folded(view, origins),
    lateMerge: (late) => rows.store(lateMergeDeadLetter(pipeline, late, seq)),
  };
  return {
    from: saved.from,
    topic,
    async take(records, base) {
      await intake.read(records, base, rows.foreign, ({ made: cause, content }, offset, trace) => {
        if (content.kind !== 'partial' && content.kind !== 'mark')
          throw new Error(`a ${content.kind} on ${topic}`);
        seq = generation * LANE_SEQ_SPAN + offset;
        time = cause.time;
        const record = records[offset - base]!;
        made.causedBy(seq, record.timestampMs);
        hops.current = trace;
        if (trace !== null) origins = originsOf(record.headers);
        processor.process({ seq, lane: cause.writer, record: content }, output);
        if (trace !== null) hops.settleMade(trace, { [ATTRIBUTE.outcome]: 'processed' });
      });
      measures.stages.merge.add(clock.now(), records.length);
      await rows.write();
    },
    commit: (next) => saved.save(next, { last: intake.saved(), made: made.saved() }),
  };
}
