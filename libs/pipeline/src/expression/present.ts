import type { ASTNode } from './parse.ts';
import { pathText, segmentsOf } from './path.ts';

/**
 * The paths that can't be null once `node` turned out to be `truth`: what `event.merchant != null && …` proves
 * for what follows. A path through null is null, so each proves those it goes through, too.
 */
export function provenPresent(node: ASTNode, truth: boolean): readonly string[] {
  switch (node.op) {
    case '!_':
      return provenPresent(node.args, !truth);
    case '&&':
      return truth ? [...provenPresent(node.args[0], true), ...provenPresent(node.args[1], true)] : [];
    case '||':
      return truth ? [] : [...provenPresent(node.args[0], false), ...provenPresent(node.args[1], false)];
    case '!=':
      return truth ? comparedWithNull(node.args) : [];
    case '==':
      return truth ? comparedWithLiteral(node.args) : comparedWithNull(node.args);
    case 'call':
      return truth && node.args[0] === 'has' && node.args[1][0] ? prefixes(node.args[1][0]) : [];
    default:
      return [];
  }
}

const isNull = (node: ASTNode): boolean => node.op === 'value' && node.args === null;
const isLiteral = (node: ASTNode): boolean => node.op === 'value' && node.args !== null;

function comparedWithNull([left, right]: readonly [ASTNode, ASTNode]): readonly string[] {
  if (isNull(right)) return prefixes(left);
  return isNull(left) ? prefixes(right) : [];
}

function comparedWithLiteral([left, right]: readonly [ASTNode, ASTNode]): readonly string[] {
  if (isLiteral(right)) return prefixes(left);
  return isLiteral(left) ? prefixes(right) : [];
}

function prefixes(node: ASTNode): readonly string[] {
  const path = segmentsOf(node);
  if (!path) return [];
  return path.rest.map((_, i) => pathText({ root: path.root, rest: path.rest.slice(0, i + 1) }));
}
