import { type ASTNode, Environment, ParseError } from '@marcbachmann/cel-js';

export type { ASTNode };

/** Something wrong in an expression. `start` and `end` are offsets in its text. */
export interface ExpressionFault {
  readonly start: number;
  readonly end: number;
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
}

const MAX_NODES = 1_000;
const MAX_DEPTH = 60;
const parser = new Environment({
  unlistedVariablesAreDyn: true,
  limits: { maxAstNodes: MAX_NODES, maxDepth: MAX_DEPTH },
});

const TOKENS: Readonly<Record<string, string>> = {
  EOF: 'the end',
  RPAREN: "')'",
  LPAREN: "'('",
  RBRACKET: "']'",
  LBRACKET: "'['",
  LBRACE: "'{'",
  RBRACE: "'}'",
  COLON: "':'",
  COMMA: "','",
  DOT: "'.'",
  IDENTIFIER: 'a name',
  NUMBER: 'a number',
  STRING: 'a text',
  QUESTION: "'?'",
};

/** CEL text to its syntax tree, by cel-js. */
export function parseExpression(text: string): ASTNode | ExpressionFault {
  try {
    return parser.parse(text).ast;
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    const start = Math.min(error.range?.start ?? 0, text.length);
    return {
      start,
      end: error.range?.end ?? start,
      code: 'expression_syntax',
      message: plainWords(error.summary),
      hint: hintFor(text, start),
    };
  }
}

function plainWords(summary: string): string {
  const words = summary.replace(/\b[A-Z]{2,}\b/g, (token) => TOKENS[token] ?? token.toLowerCase());
  return words.charAt(0).toLowerCase() + words.slice(1);
}

function hintFor(text: string, at: number): string | null {
  const rest = text.slice(Math.max(0, at - 1), at + 2);
  if (/(^|[^=!<>])=([^=]|$)/.test(rest)) return 'compare with ==';
  if (/\band\b/.test(text.slice(at, at + 4))) return 'write && for and';
  if (/\bor\b/.test(text.slice(at, at + 3))) return 'write || for or';
  if (rest.includes('===')) return 'compare with ==';
  return null;
}
