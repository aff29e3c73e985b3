import type { Plant } from '../plant.ts';

const AGGREGATE = 'apps/aggregate/src/stage.ts';
const TIME = 'libs/lanes/src/lane-time.ts';
const IDS = 'apps/aggregate/src/known-ids.ts';

/** docs/semantics.md: acceptance and time. */
export const timeRules: readonly Plant[] = [
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
    name: 'clock_ahead_is_heard_for_good',
    rule: 'silence does not wait until time has caught up with a clock that was far ahead',
    file: TIME,
    find: 'if (aheadMs < 0 || aheadMs >= CLOCK_BACK_MS) part.heard',
    replace: 'if (aheadMs < 0) part.heard',
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
    name: 'replay_counts_again',
    rule: 'a replay counts once, and not beside its original',
    file: AGGREGATE,
    find: 'return this.#refusals.isAnswered(position);',
    replace: 'return false && this.#refusals.isAnswered(position);',
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
