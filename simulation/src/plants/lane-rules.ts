import type { Plant } from '../plant.ts';

const WORKER = 'libs/lanes/src/lane-worker.ts';
const ACCEPT = 'libs/lanes/src/accept.ts';
const AGGREGATE = 'apps/aggregate/src/stage.ts';
const WINDOWS = 'apps/aggregate/src/open-windows.ts';

/** ARCHITECTURE.md, "Lanes": each rule left out. */
export const laneRules: readonly Plant[] = [
  {
    name: 'commit_before_send',
    rule: 'lane rule 1: a position is committed after what it caused',
    file: WORKER,
    find: 'await outbox.send();\n      hops.end();\n      next += records.length;\n      await saver.done(records.length);',
    replace:
      'next += records.length;\n      await saver.done(records.length);\n      await outbox.send();\n      hops.end();',
  },
  {
    name: 'saved_inside_a_batch',
    rule: 'lane rule 1: a save beside the batches is of what is acknowledged',
    file: 'libs/lanes/src/lane-saver.ts',
    find: 'if (unsaved > 0 && isBetweenBatches) start();',
    replace: 'start();',
  },
  {
    name: 'failed_append_forgotten',
    rule: 'lane rule 1: what is not acknowledged is sent again',
    file: 'libs/lanes/src/outbox.ts',
    find: 'await this.#options.log.append(topic, lane, records);',
    replace: 'await this.#options.log.append(topic, lane, records).catch(() => 0);',
  },
  {
    name: 'repeats_accepted',
    rule: 'lane rule 2: a record is news iff its seq is above the last',
    file: ACCEPT,
    find: "if (seq <= this.last) return 'repeat';",
    replace: '',
  },
  {
    name: 'made_repeats_accepted',
    rule: 'lane rule 2, for windows, alerts and partials',
    file: ACCEPT,
    find: "if (compareMade(id, last) <= 0) return 'repeat';",
    replace: '',
  },
  {
    name: 'last_not_saved',
    rule: 'lane rule 2: `last` is saved with the position',
    file: 'libs/lanes/src/units/flow-unit.ts',
    find: '{ last: intake.last, prev, counts }',
    replace: '{ last: null, prev, counts }',
  },
  {
    name: 'made_last_not_saved',
    rule: 'lane rule 2: `last` of each writer is saved with the state',
    file: 'libs/lanes/src/units/merge-unit.ts',
    find: 'saved.save(next, { last: intake.saved(), made: made.saved() })',
    replace: 'saved.save(next, { last: [], made: made.saved() })',
  },
  {
    name: 'duplicates_after_verdicts',
    rule: 'lane rule 3: duplicates are removed before verdicts are looked at',
    file: AGGREGATE,
    find: 'this.#isAnswered(record) : this.time.isRepeatedPosition(record)) {',
    replace:
      "this.#isAnswered(record) : record.kind !== 'rejected' && this.time.isRepeatedPosition(record)) {",
  },
  {
    name: 'verdict_outside_the_lane',
    rule: 'lane rule 3: a rejected event goes on in the lane',
    file: 'apps/enrich/src/stage.ts',
    find: "if (record.kind === 'event' || resumes(record)) enrich(record);\n      out.forward(record);",
    replace:
      "const before = record.kind;\n      if (record.kind === 'event' || resumes(record)) enrich(record);\n      if (record.kind === before) out.forward(record);",
  },
  {
    name: 'index_by_counter',
    rule: 'lane rule 4: an index counts what one record caused',
    file: 'libs/lanes/src/units/made-output.ts',
    find: 'this.#indexes.clear();',
    replace: '',
  },
  {
    name: 'closings_unsorted',
    rule: 'lane rule 4: closings go out sorted',
    file: WINDOWS,
    find: 'due.sort(byEndNameGroup);',
    replace: 'due.reverse();',
  },
  {
    name: 'one_last_for_all_writers',
    rule: 'lane rule 4: a `last` for each writer of a lane',
    file: ACCEPT,
    find: 'receive(writer: number, id: MadeId, prev: MadeId): Reception {',
    replace: 'receive(_: number, id: MadeId, prev: MadeId): Reception {\n    const writer = 0;',
  },
  {
    name: 'first_offset_unchecked',
    rule: 'lane rule 5: a batch that begins elsewhere is not processed',
    file: WORKER,
    find: 'if (batch.base !== next) {',
    replace: 'if (batch.base < 0) {',
  },
  {
    name: 'bounds_before_position',
    rule: 'lane rule 5: a lane that goes on meanwhile was not reset',
    file: 'libs/lanes/src/small-position.ts',
    find: 'const committed = await log.committed(group, topic, lane);\n  const bounds = await log.bounds(topic, lane);',
    replace:
      'const bounds = await log.bounds(topic, lane);\n  const committed = await log.committed(group, topic, lane);',
  },
  {
    name: 'prev_taken_from_last',
    rule: 'lane rule 6: `lane_prev` is what was emitted, not what was read',
    file: 'libs/lanes/src/units/flow-unit.ts',
    find: 'let prev = small?.prev ?? -1;',
    replace: 'let prev = small?.last ?? -1;',
  },
];
