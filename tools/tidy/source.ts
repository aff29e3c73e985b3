import { parseSync, Visitor } from 'oxc-parser';

/** A string in the code that names another module: an import, an export from, or a path handed to `new URL`. */
export interface Reference {
  specifier: string;
  line: number;
  /** False for plain strings, which only may be a path. */
  isImport: boolean;
}

export interface FunctionSpan {
  name: string;
  line: number;
  /**
   * Its lines without those of the functions inside it, each of which counts for one:
   * a factory of many short closures is as readable as a class of many short methods.
   */
  ownLines: number;
}

export interface Source {
  path: string;
  references: Reference[];
  functions: FunctionSpan[];
  syntaxError?: string;
}

interface Span {
  start: number;
  end: number;
}

/** @param path decides the dialect, by its ending */
export function parseSource(path: string, text: string): Source {
  const { program, module, errors } = parseSync(path, text);
  const lineOf = lineFinder(text);
  const references = new Map<number, Reference>();
  const refer = (specifier: string, start: number, isImport: boolean) =>
    references.set(start, { specifier, line: lineOf(start), isImport });
  const spans: (Span & { name: string })[] = [];
  const enter = (node: Span & { id?: { name: string } | null }) =>
    spans.push({ start: node.start, end: node.end, name: node.id?.name ?? nameBefore(text, node.start) });
  new Visitor({
    Literal: (node) => {
      if (typeof node.value === 'string') refer(node.value, node.start, false);
    },
    FunctionDeclaration: enter,
    FunctionExpression: enter,
    ArrowFunctionExpression: enter,
  }).visit(program);
  const requests = [
    ...module.staticImports.map((found) => found.moduleRequest),
    ...module.staticExports.flatMap((found) => found.entries.flatMap((entry) => entry.moduleRequest ?? [])),
    // One whose module is computed names none.
    ...module.dynamicImports
      .filter(({ moduleRequest: { start } }) => /['"`]/.test(text[start]!))
      .map(({ moduleRequest: { start, end } }) => ({ value: text.slice(start + 1, end - 1), start })),
  ];
  for (const { value, start } of requests) refer(value, start, true);
  return {
    path,
    references: [...references.values()],
    functions: measure(spans, lineOf),
    ...(errors[0] ? { syntaxError: errors[0].message } : {}),
  };
}

/** What stands before an anonymous function: `const name = `, `name: `, `name(` of a method. */
function nameBefore(text: string, start: number): string {
  return /([\w$]+)\s*(?:[:=]\s*(?:async\s*)?)?$/.exec(text.slice(Math.max(0, start - 100), start))?.[1] ?? '';
}

function measure(spans: (Span & { name: string })[], lineOf: (offset: number) => number): FunctionSpan[] {
  const open: (FunctionSpan & { end: number })[] = [];
  const all: FunctionSpan[] = [];
  for (const { start, end, name } of spans.sort((a, b) => a.start - b.start)) {
    while (open.length > 0 && (open.at(-1)?.end ?? 0) <= start) open.pop();
    const line = lineOf(start);
    const lines = lineOf(end) - line + 1;
    const parent = open.at(-1);
    if (parent) parent.ownLines -= lines - 1;
    const span = { name, line, ownLines: lines, end };
    open.push(span);
    all.push(span);
  }
  return all;
}

function lineFinder(text: string): (offset: number) => number {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };
}
