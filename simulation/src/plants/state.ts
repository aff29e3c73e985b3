import type { Plant } from '../plant.ts';

const WINDOWS = 'apps/aggregate/src/open-windows.ts';
const TIME = 'libs/lanes/src/lane-time.ts';
const JUDGES = 'apps/aggregate/src/judges.ts';
const SAVED = 'libs/lanes/src/saved-lane.ts';

/** ARCHITECTURE.md, "State": the chain of checkpoints. */
export const stateRules: readonly Plant[] = [
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
    find: 'this.state.put(key, memory);',
    replace: 'if (this.state.get(key) === undefined) this.state.put(key, memory);',
  },
  {
    name: 'detector_never_forgets',
    rule: 'a group without values is forgotten',
    file: JUDGES,
    find: 'memory === undefined || memory.latestMs + method.forgetAfterMs <= nowMs',
    replace: 'memory === undefined',
  },
  {
    name: 'detector_swept_too_early',
    rule: 'when a forgotten group is let go of makes no difference',
    file: JUDGES,
    find: 'window.latenessMs + plan.time.keepMs',
    replace: '-detector.method.forgetAfterMs',
  },
  {
    name: 'idle_not_saved',
    rule: 'a lane knows after a take-over whether it was idle',
    file: TIME,
    find: 'this.idle = idle;\n    for',
    replace: 'for',
  },
  {
    name: 'counts_not_restored',
    rule: 'the counts are lane state',
    file: 'libs/lanes/src/units/aggregate-unit.ts',
    find: 'Object.assign(counts, saved.small?.counts);',
    replace: '',
  },
  {
    name: 'rebuild_begins_at_the_end',
    rule: 'told to rebuild, a lane begins where the log does',
    file: SAVED,
    find: 'else if (isRebuild(saved.head)) number = saved.number;',
    replace: 'else if (isRebuild(saved.head)) [number, from] = [saved.number, bounds.end];',
  },
  {
    name: 'fused_merge_not_saved',
    rule: 'one transaction holds all that a stretch of raw caused',
    file: 'libs/lanes/src/fused.ts',
    find: 'this.#touched.add(merge);',
    replace: '',
  },
];
