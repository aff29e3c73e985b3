import type { Patch } from '@millrace/testkit/plant';

/** A bug to be planted in the real code, and the rule that it breaks: the simulation has to find each of them. */
export interface Plant extends Patch {
  readonly name: string;
  readonly rule: string;
}

const WORKER = 'libs/lanes/src/lane-worker.ts';
const ACCEPT = 'libs/lanes/src/accept.ts';
const AGGREGATE = 'apps/aggregate/src/stage.ts';
const WINDOWS = 'apps/aggregate/src/open-windows.ts';
const TIME = 'libs/lanes/src/lane-time.ts';
const IDS = 'apps/aggregate/src/known-ids.ts';
const MERGE = 'apps/aggregate/src/merge.ts';
const JUDGES = 'apps/aggregate/src/judges.ts';
const SAVED = 'libs/lanes/src/saved-lane.ts';

/** ARCHITECTURE.md, "Lanes": each rule left out. */
const laneRules: readonly Plant[] = [
  {
    name: 'commit_before_send',
    rule: 'lane rule 1: a position is committed after what it caused',
    file: WORKER,
    find: 'await outbox.send();\n      await unit.commit(next + records.length);',
    replace: 'await unit.commit(next + records.length);\n      await outbox.send();',
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
    find: 'if (this.time.isRepeatedPosition(record)) {',
    replace: "if (record.kind !== 'rejected' && this.time.isRepeatedPosition(record)) {",
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

/** ARCHITECTURE.md, "State": the chain of checkpoints. */
const stateRules: readonly Plant[] = [
  {
    name: 'refusal_ignored',
    rule: 'a refused worker discards its lane',
    file: SAVED,
    find: 'if (!(await store.checkpoint(key, checkpoint))) {',
    replace: 'await store.checkpoint(key, checkpoint);\n      if (number < 0) {',
  },
  {
    name: 'state_loaded_in_part',
    rule: 'a restored state behaves like the one that was saved',
    file: SAVED,
    find: 'for (const [entry, value] of saved.entries) lane.state.restore(entry, value);',
    replace: 'for (const [entry, value] of [...saved.entries].slice(1)) lane.state.restore(entry, value);',
  },
  {
    name: 'closing_not_saved',
    rule: 'a checkpoint holds every window that changed',
    file: WINDOWS,
    find: 'cell.closed = true;\n      this.touch(cell);',
    replace: 'cell.closed = true;',
  },
  {
    name: 'fired_not_saved',
    rule: 'once per window, across take-overs too',
    file: WINDOWS,
    find: ': [content, revision, closed, fired]',
    replace: ': [content, revision, closed]',
  },
  {
    name: 'detector_not_saved',
    rule: 'a detector knows after a take-over what it knew before',
    file: JUDGES,
    find: 'this.state.put(key, state);',
    replace: 'if (this.state.get(key) === undefined) this.state.put(key, state);',
  },
  {
    name: 'idle_not_saved',
    rule: 'a lane knows after a take-over whether it was idle',
    file: TIME,
    find: 'this.idle = saved.idle;',
    replace: '',
  },
  {
    name: 'counts_not_restored',
    rule: 'the counts are lane state',
    file: 'libs/lanes/src/units/aggregate-unit.ts',
    find: 'Object.assign(counts, saved.small?.counts);',
    replace: '',
  },
  {
    name: 'fused_merge_not_saved',
    rule: 'one transaction holds all that a stretch of raw caused',
    file: 'libs/lanes/src/fused.ts',
    find: 'this.#touched.add(merge);',
    replace: '',
  },
];

/** docs/semantics.md: acceptance and time. */
const timeRules: readonly Plant[] = [
  {
    name: 'conflict_is_a_duplicate',
    rule: 'the same id with other bytes is a dead letter',
    file: IDS,
    find: "doubles[at + DIGEST] === record.digest ? 'duplicate' : 'conflict'",
    replace: "'duplicate'",
  },
  {
    name: 'duplicate_renews_its_id',
    rule: 'a duplicate does not renew the entry of its id',
    file: IDS,
    find: 'if (doubles[at + TIME]! >= this.#now - this.#dedupeMs) {',
    replace:
      'if (doubles[at + TIME]! >= this.#now - this.#dedupeMs) {\n        doubles[at + TIME] = this.#now;',
  },
  {
    name: 'id_remembered_by_its_own_clock',
    rule: 'ids are remembered as of the lane',
    file: IDS,
    find: 'this.#append(record.digest, this.#now)',
    replace: 'this.#append(record.digest, record.ingestTime)',
  },
  {
    name: 'out_of_order_left_out',
    rule: 'the watermark is out_of_order behind',
    file: TIME,
    find: 'this.#raise(known - this.#options.time.outOfOrderMs);',
    replace: 'this.#raise(known);',
  },
  {
    name: 'fastest_part_counts',
    rule: 'the watermark waits for the slowest active part',
    file: TIME,
    find: 'const known = this.idle ? highest : lowestActive;',
    replace: 'const known = highest;',
  },
  {
    name: 'outage_counts_as_silence',
    rule: 'an outage of ours makes nothing late',
    file: TIME,
    find: 'Math.min(Math.max(record.ingestTime - part.heard, 0), SILENCE_GAP_MAX_MS)',
    replace: 'Math.max(record.ingestTime - part.heard, 0)',
  },
  {
    name: 'silence_grows_from_time',
    rule: 'silence is added to the last event once',
    file: TIME,
    find: 'part.last + Math.min(part.silence, this.#cap)',
    replace: 'part.time + Math.min(part.silence, this.#cap)',
  },
  {
    name: 'rejected_event_is_heard_as_live',
    rule: 'rejected events move no event time',
    file: AGGREGATE,
    find: "if (record.kind === 'rejected') this.#counts.rejected++;",
    replace:
      "if (record.kind === 'rejected') {\n      this.time.event(record);\n      this.#counts.rejected++;\n    }",
  },
  {
    name: 'replay_moves_time',
    rule: 'a replay moves no time',
    file: AGGREGATE,
    find: 'if (!replayed) this.time.event(record);',
    replace: 'this.time.event(record);',
  },
  {
    name: 'conflict_passes_its_stage_by',
    rule: 'a replay goes to the stage that refused it',
    file: AGGREGATE,
    find: "const stage = record.kind === 'event' ? 'aggregate' : record.stage;",
    replace: "const stage = 'aggregate';",
  },
  {
    name: 'far_future_accepted',
    rule: 'an event beyond max_ahead is a dead letter',
    file: 'apps/validate/src/stage.ts',
    find: 'if (record.eventTime > record.ingestTime + maxAheadMs) {',
    replace: 'if (record.eventTime < 0) {',
  },
];

/** docs/semantics.md: windows, the two phases, detectors. */
const windowRules: readonly Plant[] = [
  {
    name: 'lateness_off_by_one',
    rule: 'late iff end + lateness ≤ watermark',
    file: AGGREGATE,
    find: 'if (plan.window.end(start) + plan.latenessMs <= watermark) {',
    replace: 'if (plan.window.end(start) + plan.latenessMs < watermark) {',
  },
  {
    name: 'closing_off_by_one',
    rule: 'closed when end ≤ watermark',
    file: WINDOWS,
    find: 'if (bucket.end > watermark) {',
    replace: 'if (bucket.end >= watermark) {',
  },
  {
    name: 'keep_left_out',
    rule: 'forgotten when end + lateness + keep ≤ watermark',
    file: WINDOWS,
    find: 'const forgetAt = cell.end + cell.plan.latenessMs + this.#keepMs;',
    replace: 'const forgetAt = cell.end + cell.plan.latenessMs;',
  },
  {
    name: 'partial_is_a_delta',
    rule: 'a partial carries the whole accumulator',
    file: AGGREGATE,
    find: 'accumulators: copyJson(content.accumulators),',
    replace: 'accumulators: content.accumulators.splice(0, Infinity, ...createAccumulators(plan)),',
  },
  {
    name: 'idle_lane_not_flushed',
    rule: 'turning idle, a lane first sends its open partials',
    file: AGGREGATE,
    find: 'if (idle && !wasIdle) {',
    replace: 'if (idle && !wasIdle && watermark > Number.MAX_SAFE_INTEGER) {',
  },
  {
    name: 'no_mark_when_idle',
    rule: 'a mark goes out when the lane turns idle or active',
    file: AGGREGATE,
    find: '(crossed || idle !== wasIdle)',
    replace: 'crossed',
  },
  {
    name: 'no_mark_at_forgetting',
    rule: 'a mark goes out when end + lateness + keep is crossed',
    file: 'apps/aggregate/src/marks.ts',
    find: '[0, plan.latenessMs, plan.latenessMs + keepMs]',
    replace: '[0, plan.latenessMs]',
  },
  {
    name: 'replay_is_late_again',
    rule: 'a replay corrects its windows while these are kept',
    file: AGGREGATE,
    find: "const corrects = plan.onLate === 'update' || replayed;",
    replace: "const corrects = plan.onLate === 'update';",
  },
  {
    name: 'late_replay_judged_again',
    rule: 'detectors have seen a late event before its replay',
    file: AGGREGATE,
    find: 'return record.late;',
    replace: 'return false;',
  },
  {
    name: 'merge_waits_for_idle_lanes',
    rule: 'idle lanes hold nothing back',
    file: MERGE,
    find: 'if (!idle && watermark < lowestActive) lowestActive = watermark;',
    replace: 'if (watermark < lowestActive) lowestActive = watermark;',
  },
  {
    name: 'merge_adds_partials_up',
    rule: "a partial replaces the lane's earlier one",
    file: MERGE,
    find: 'cell.content[lane] = accumulators as Accumulators;',
    replace: 'cell.content[lane] ??= accumulators as Accumulators;',
  },
  {
    name: 'live_values_judged',
    rule: 'detectors on a merged window judge final results only',
    file: MERGE,
    find: 'if (cell.closed) this.#judges.result(cell, out);',
    replace: 'this.#judges.result(cell, out);',
  },
  {
    name: 'alert_without_revision',
    rule: 'an alert on a result is identified by its revision',
    file: JUDGES,
    find: "id: plan.oncePer === 'window' ? id :",
    replace: 'id: name.length > 0 ? id :',
  },
  {
    name: 'row_without_version',
    rule: 'of two writes to a row the later one stays',
    file: 'apps/route/src/stage.ts',
    find: 'version: { position: seq, revision: result.revision }',
    replace: 'version: { position: 0, revision: 0 }',
  },
];

/** ARCHITECTURE.md, "Where an event comes from". */
const ingestRules: readonly Plant[] = [
  {
    name: 'answered_before_durable',
    rule: 'ingest answers once an event is durable',
    file: 'apps/ingest/src/sources/http.ts',
    find: 'await deadlines.within(appender.append(flows));',
    replace: 'void appender.append(flows);',
  },
  {
    name: 'answered_by_the_first_lane',
    rule: 'ingest answers once all lanes have acknowledged',
    file: 'apps/ingest/src/appender.ts',
    find: 'contribution.lanesLeft -= 1;',
    replace: 'contribution.lanesLeft = 0;',
  },
  {
    name: 'file_position_before_acknowledgement',
    rule: 'a source saves its position after the acknowledgement in all lanes',
    file: 'apps/ingest/src/file-run.ts',
    find: 'slices.push(slice);',
    replace: 'slices.push(slice);\n    if (progress !== null) file.acknowledged = progress;',
  },
  {
    name: 'ended_before_the_last_events',
    rule: '`ended` is said behind all events of the part',
    file: 'apps/ingest/src/ticker.ts',
    find: 'parts.map((part) => tickFlow(part, false, now))',
    replace: 'parts.map((part) => tickFlow(part, true, now))',
  },
];

export const plants: readonly Plant[] = [
  ...laneRules,
  ...stateRules,
  ...timeRules,
  ...windowRules,
  ...ingestRules,
];
