import {
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type Scalar,
  type YAMLParseError,
} from 'yaml';
import type { DocumentFault } from './faults.ts';

/** Keys and indexes from the document's root. */
export type Path = readonly (string | number)[];

/** A mapping of the document. */
export type Data = Record<string, unknown>;

export const isData = (value: unknown): value is Data =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A function of the typed form, where the text form has an expression. */
export type PipelineFunction = (scope: never) => unknown;

/** A document's plain value, and where each part of it stands. */
export interface PipelineDocument {
  readonly file: string;
  readonly value: unknown;
  /** Where a value starts; of what is not there, where the nearest thing around it does. */
  place(path: Path): Place;
  /** Where the key of a value stands. */
  keyPlace(path: Path): Place;
  /** Where the character at `offset` of a text value stands. */
  textPlace(path: Path, offset: number): Place;
  /** Whether it stands in YAML's `{ }` or `[ ]`, where a comma ends a value. */
  inBraces(path: Path): boolean;
  /** The function that a placeholder in `value` stands for. */
  functionOf(placeholder: string): PipelineFunction | null;
  /** How a message names a place: empty where line and column do. */
  prefix(path: Path): string;
}

interface Entry {
  readonly node: Node | null;
  readonly key: Node | null;
  readonly braces: boolean;
}

const MAX_TEXT = 4 * 1024 * 1024;

/** YAML 1.2 text to a document, or what is wrong with the text. */
export function readDocument(file: string, text: string): PipelineDocument | readonly DocumentFault[] {
  if (text.length > MAX_TEXT) {
    return [
      {
        file,
        line: 1,
        column: 1,
        code: 'too_large',
        message: 'the document is larger than 4 MiB',
        hint: null,
      },
    ];
  }
  const lines = new LineCounter();
  const yaml = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  // What follows the first syntax error mostly follows from it.
  const [error] = yaml.errors.toSorted((a, b) => a.pos[0] - b.pos[0]);
  if (error !== undefined) {
    const { message } = error;
    return [{ file, ...place(error.pos[0]), code: 'yaml', message, hint: yamlHint(error, text) }];
  }
  let value: unknown;
  try {
    value = yaml.toJS();
  } catch (error) {
    // An alias of nothing, or aliases of aliases that would fill the memory.
    return [{ file, line: 1, column: 1, code: 'yaml', message: (error as Error).message, hint: null }];
  }
  const entries = new Map<string, Entry>();
  index(yaml.contents, [], null, false, entries);
  const near = (path: Path): Entry | null => {
    for (let length = path.length; length >= 0; length--) {
      const entry = entries.get(JSON.stringify(path.slice(0, length)));
      if (entry) return entry;
    }
    return null;
  };
  return {
    file,
    value,
    place: (path) => place(near(path)?.node?.range?.[0] ?? near(path)?.key?.range?.[0] ?? 0),
    keyPlace: (path) => place(near(path)?.key?.range?.[0] ?? near(path)?.node?.range?.[0] ?? 0),
    textPlace: (path, offset) => place(textOffset(text, near(path)?.node ?? null, offset)),
    inBraces: (path) => near(path)?.braces ?? false,
    functionOf: () => null,
    prefix: () => '',
  };
}

export const BRACES_HINT = 'inside { } and [ ] put an expression with a comma, a colon, a ? or [ ] in quotes';

/** What an expression without quotes most likely ran into, by the YAML parser's error code. */
const YAML_HINTS: Readonly<Record<string, string>> = {
  BLOCK_IN_FLOW: BRACES_HINT,
  MISSING_CHAR: BRACES_HINT,
  BLOCK_AS_IMPLICIT_KEY: 'put an expression with a ? and : in quotes',
  TAB_AS_INDENT: 'indent with spaces',
};

function yamlHint({ code, pos }: YAMLParseError, text: string): string | null {
  if (code !== 'UNEXPECTED_TOKEN') return YAML_HINTS[code] ?? null;
  const before = text.slice(0, pos[0]).trimEnd();
  return /["']$/.test(before)
    ? 'put an expression that starts with a quote in the other kind of quotes'
    : BRACES_HINT;
}

/** Not through aliases: what stands behind one is placed where the alias does. */
function index(
  node: Node | null,
  path: Path,
  key: Node | null,
  braces: boolean,
  into: Map<string, Entry>,
): void {
  into.set(JSON.stringify(path), { node, key, braces });
  if (isMap(node)) {
    const inside = braces || node.flow === true;
    for (const pair of node.items) {
      const name = isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
      index(pair.value as Node | null, [...path, name], pair.key as Node, inside, into);
    }
  } else if (isSeq(node)) {
    const inside = braces || node.flow === true;
    node.items.forEach((item, i) => {
      index(item as Node | null, [...path, i], null, inside, into);
    });
  }
}

/** Exact for plain, quoted without escapes, and literal block text; else where the text starts. */
function textOffset(source: string, node: Node | null, offset: number): number {
  const start = node?.range?.[0] ?? 0;
  if (!node || !isScalar(node)) return start;
  const { value, type } = node as Scalar<unknown>;
  if (typeof value !== 'string') return start;
  if (type === 'PLAIN' && source.startsWith(value, start)) return start + offset;
  if ((type === 'QUOTE_DOUBLE' || type === 'QUOTE_SINGLE') && source.startsWith(value, start + 1))
    return start + 1 + offset;
  if (type === 'BLOCK_LITERAL') return blockOffset(source, start, value, offset);
  return start;
}

function blockOffset(source: string, start: number, value: string, offset: number): number {
  const line = value.slice(0, offset).split('\n').length - 1;
  const column = offset - (value.lastIndexOf('\n', offset - 1) + 1);
  let at = source.indexOf('\n', start) + 1;
  const indent = /^[ ]*/.exec(source.slice(at))![0].length;
  for (let i = 0; i < line; i++) at = source.indexOf('\n', at) + 1;
  return at + indent + column;
}

const PLACEHOLDER = 'ƒ';

/** The typed form (`definePipeline`) to a document: functions become placeholders, so that the rest is plain data. */
export function objectDocument(file: string, value: unknown): PipelineDocument {
  const functions: PipelineFunction[] = [];
  const plain = replaceFunctions(value, functions);
  const start: Place = { line: 1, column: 1 };
  return {
    file,
    value: plain,
    place: () => start,
    keyPlace: () => start,
    textPlace: () => start,
    inBraces: () => false,
    functionOf: (text) => (text.startsWith(PLACEHOLDER) ? (functions[Number(text.slice(1))] ?? null) : null),
    prefix: (path) => (path.length === 0 ? '' : `${pathText(path)}: `),
  };
}

function replaceFunctions(value: unknown, into: PipelineFunction[]): unknown {
  if (typeof value === 'function') return `${PLACEHOLDER}${into.push(value as PipelineFunction) - 1}`;
  if (Array.isArray(value)) return value.map((item) => replaceFunctions(item, into));
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.map(([name, item]) => [name, replaceFunctions(item, into)]));
}

/** `aggregate[0].compute.total` */
export function pathText(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    return text === '' ? step : `${text}.${step}`;
  }, '');
}
