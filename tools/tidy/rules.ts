import type { Rule } from './rule.ts';
import { completeLockfile } from './rules/complete-lockfile.ts';
import { declaredDependencies } from './rules/declared-dependencies.ts';
import { layers } from './rules/layers.ts';
import { leftovers } from './rules/leftovers.ts';
import { names } from './rules/names.ts';
import { orphans } from './rules/orphans.ts';
import { pinnedVersions } from './rules/pinned-versions.ts';
import { shortFunctions } from './rules/short-functions.ts';

/** The house rules that biome (biome.json) has no rule for. */
export const rules: Record<string, Rule> = {
  'complete-lockfile': completeLockfile,
  'declared-dependencies': declaredDependencies,
  layers,
  leftovers,
  names,
  orphans,
  'pinned-versions': pinnedVersions,
  'short-functions': shortFunctions,
};
