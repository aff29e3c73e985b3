import type { Plant } from '../plant.ts';

const AGGREGATE = 'apps/aggregate/src/stage.ts';
const WINDOWS = 'apps/aggregate/src/open-windows.ts';
const MERGE = 'apps/aggregate/src/merge.ts';
const JUDGES = 'apps/aggregate/src/judges.ts';

/** docs/semantics.md: windows, the two phases, detectors. */
export const windowRules: readonly Plant[] = [
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
    find: 'const accumulators = copyJson(content.accumulators);',
    replace: 'const accumulators = content.accumulators.splice(0, Infinity, ...createAccumulators(plan));',
  },
  {
    name: 'told_twice_when_fused',
    rule: 'of an open window the newest partial goes to the merge, once per commit; closed, it has been told',
    file: AGGREGATE,
    find: 'for (const cell of this.#unsent) if (cell.content.unsent) this.#send(cell, out);',
    replace: 'for (const cell of this.#unsent) this.#send(cell, out);',
  },
  {
    name: 'open_windows_untold_when_fused',
    rule: 'before a commit a fused lane tells the merge of its open windows',
    file: 'libs/lanes/src/fused.ts',
    find: 'for (const lane of this.lanes) lane.sendPartials();',
    replace: '',
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
    find: "const corrects = plan.onLate === 'update' || record.attempt > 0;",
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
