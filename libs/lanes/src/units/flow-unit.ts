import { type Counts, zeroCounts } from '../audit.ts';
import { type Flow, isEvent } from '../flow.ts';
import type { FlowTopic } from '../lane-codec.ts';
import type { LaneUnit } from '../lane-unit.ts';
import type { LaneLife } from '../lane-worker.ts';
import { retrying } from '../retrying.ts';
import { loadPosition, savePosition } from '../small-position.ts';
import type { FlowOutput, Processor } from '../stage.ts';
import type { WorkerOptions } from '../worker-options.ts';
import { FlowIntake } from './flow-intake.ts';
import { RowWriter } from './row-writer.ts';

interface Small {
  readonly last: number | null;
  /** The seq of the last record that it emitted; -1: none. */
  readonly prev: number;
  readonly counts: Counts;
}

const STAGES = {
  validate: { reads: 'raw', writes: 'validated' },
  enrich: { reads: 'validated', writes: 'enriched' },
} as const satisfies Record<string, { reads: FlowTopic; writes: FlowTopic }>;

/** validate and enrich: no state but the position. */
export async function openFlowUnit(
  options: WorkerOptions,
  stage: keyof typeof STAGES,
  lane: number,
  life: LaneLife,
): Promise<LaneUnit> {
  const { plan, codec, clock, stages, measures } = options;
  const { reads, writes } = STAGES[stage];
  const group = `${plan.pipeline}.${stage}`;
  const topic = `${plan.pipeline}.${reads}`;
  const target = `${plan.pipeline}.${writes}`;
  const { offset, small } = await loadPosition<Small>(options, group, topic, lane);
  const counts: Counts = small?.counts ?? zeroCounts();
  let prev = small?.prev ?? -1;
  const intake = new FlowIntake(
    options,
    { hops: life.hops, group, isOver: life.isOver },
    stage,
    reads,
    lane,
    small?.last ?? null,
  );
  const rows = new RowWriter(options, life, reads, lane);
  const processor: Processor<Flow, FlowOutput> =
    stage === 'validate' ? stages.validate(counts) : stages.enrich();
  const output: FlowOutput = {
    forward(record) {
      record.prev = prev;
      prev = record.seq;
      life.outbox.add(target, lane, codec.encodeFlow(writes, record));
    },
  };
  return {
    from: offset,
    topic,
    counts,
    async take(records, base) {
      const news = await intake.read(records, base, rows.foreign);
      const { prepare } = processor;
      if (prepare !== undefined) {
        await retrying({ clock, isOver: life.isOver }, () => prepare.call(processor, news));
      }
      const before = counts.events;
      for (const record of news) {
        if (isEvent(record)) counts.events++;
        life.hops.current = record.trace;
        processor.process(record, output);
        if (record.trace !== null) life.hops.settle(record, prev === record.seq);
      }
      measures.stages[stage].add(clock.now(), counts.events - before);
      await rows.write();
    },
    commit: (next) =>
      savePosition<Small>(options, group, topic, lane, next, { last: intake.last, prev, counts }),
  };
}
