import type { Rule } from '../rule.ts';

const LONGEST_FUNCTION_LINES = 70;

export const shortFunctions: Rule = ({ sources }) =>
  [...sources.values()].flatMap(({ path, functions, syntaxError }) => [
    ...(syntaxError ? [{ path, message: `does not parse: ${syntaxError}` }] : []),
    ...functions
      .filter(({ ownLines }) => ownLines > LONGEST_FUNCTION_LINES)
      .map(({ name, line, ownLines }) => ({
        path,
        line,
        message: `${name || 'this function'} has ${ownLines} lines of its own, more than ${LONGEST_FUNCTION_LINES}: split it`,
      })),
  ]);
