import type { Rule } from '../rule.ts';

/** Names that say nothing about what is inside, so that anything ends up there. */
const EMPTY_NAMES = new Set(
  ['util', 'common', 'helper', 'manager', 'data', 'misc', 'shared'].flatMap((name) => [name, `${name}s`]),
);

export const names: Rule = ({ files }) => {
  const faults = new Map<string, string>();
  for (const path of files.keys()) {
    const parts = path.split('/');
    parts.forEach((part, depth) => {
      const [name = ''] = part.split('.');
      const where = parts.slice(0, depth + 1).join('/');
      const vague = name.toLowerCase().split('-').at(-1) ?? '';
      if (EMPTY_NAMES.has(vague)) faults.set(where, `"${name}" says nothing: name it after what it holds`);
    });
  }
  return [...faults].map(([path, message]) => ({ path, message }));
};
