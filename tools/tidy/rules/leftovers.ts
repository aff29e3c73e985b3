import type { Rule } from '../rule.ts';

// Spelled in two halves, or this file would be a fault itself.
const MARK = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX'].join('|')})\\b`);

export const leftovers: Rule = ({ files }) =>
  [...files]
    .filter(([path]) => !path.endsWith('package-lock.json'))
    .flatMap(([path, text]) =>
      text.split('\n').flatMap((line, index) => {
        const mark = MARK.exec(line)?.[1];
        return mark
          ? [{ path, line: index + 1, message: `leftover ${mark}: do it, or write it as a task` }]
          : [];
      }),
    );
