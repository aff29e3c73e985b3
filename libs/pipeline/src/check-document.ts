import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import type { Catalogue, Kind } from './catalogue.ts';
import { BRACES_HINT, type Path, type PipelineDocument, pathText } from './document.ts';
import { documentSchema } from './document-schema.ts';
import { parseBytes, parseDuration, parseRate } from './duration.ts';
import { type DocumentFault, meantOrKnown } from './faults.ts';

type Data = Record<string, unknown>;

/** Format names of the document and how each is read; both this check and the settings use it. */
export const QUANTITIES: ReadonlyMap<string, (text: string) => number> = new Map([
  ['duration', parseDuration],
  ['rate', parseRate],
  ['bytes', parseBytes],
]);

const isData = (value: unknown): value is Data =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

/** Checks the document against its schema, fills defaults, and gives every fault at its place. */
export function checkDocument(
  document: PipelineDocument,
  catalogue: Catalogue,
): { readonly data: Data; readonly faults: readonly DocumentFault[] } {
  const data = structuredClone(document.value);
  if (!isData(data)) {
    const message = 'a pipeline document is a mapping that starts with pipeline: NAME';
    return { data: {}, faults: [at(document, [], 'wrong_type', message, null)] };
  }
  expandShorthands(data, catalogue);
  const ajv = new Ajv2020({ allErrors: true, useDefaults: true, verbose: true, strict: false });
  for (const [format, parse] of QUANTITIES) ajv.addFormat(format, (text: string) => reads(parse, text));
  for (const format of ['path', 'secret', 'uri', 'uri-reference']) ajv.addFormat(format, true);
  const validate = ajv.compile(documentSchema(catalogue, 'expanded'));
  if (validate(data)) return { data, faults: kindFaults(document, data, catalogue) };
  const errors = (validate.errors ?? []).filter(isCause);
  const faults = errors.map((error) => faultOf(document, error));
  return { data, faults: [...faults, ...kindFaults(document, data, catalogue)] };
}

function reads(parse: (text: string) => number, text: string): boolean {
  try {
    parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Scalars become the settings that they stand for, and a kind without settings gets an empty mapping. */
function expandShorthands(data: Data, catalogue: Catalogue): void {
  const expand = (holder: unknown, kinds: Readonly<Record<string, Kind>> | undefined): void => {
    if (!isData(holder) || !kinds) return;
    for (const kind of Object.values(kinds)) {
      if (!Object.hasOwn(holder, kind.name)) continue;
      const value = holder[kind.name];
      if (value === null) holder[kind.name] = {};
      else if (kind.shorthand !== undefined && !isData(value))
        holder[kind.name] = { [kind.shorthand]: value };
    }
  };
  for (const source of Object.values(isData(data.sources) ? data.sources : {}))
    expand(source, catalogue.sources);
  for (const table of Object.values(isData(data.tables) ? data.tables : {})) expand(table, catalogue.tables);
  for (const route of Array.isArray(data.route) ? data.route : []) {
    const sinks = isData(route) && Array.isArray(route.to) ? route.to : [];
    for (const sink of sinks) expand(sink, catalogue.sinks);
  }
  // `validate:` with nothing after it is an empty section.
  for (const name of Object.keys(data)) if (data[name] === null) delete data[name];
}

function at(
  document: PipelineDocument,
  path: Path,
  code: string,
  message: string,
  hint: string | null,
  key = false,
): DocumentFault {
  const place = key ? document.keyPlace(path) : document.place(path);
  return { file: document.file, ...place, code, message: document.prefix(path) + message, hint };
}

/** Not the summaries that ajv adds to the errors inside them. */
const isCause = (error: ErrorObject): boolean =>
  !['propertyNames', 'if', 'anyOf', 'oneOf'].includes(error.keyword);

function pathOf(pointer: string, data: unknown): Path {
  const path: (string | number)[] = [];
  let value = data;
  for (const step of pointer.split('/').slice(1)) {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    path.push(Array.isArray(value) ? Number(key) : key);
    value = (value as Data | undefined)?.[key];
  }
  return path;
}

function faultOf(document: PipelineDocument, error: ErrorObject): DocumentFault {
  const path = pathOf(error.instancePath, document.value);
  const last = path.at(-1);
  const label = typeof last === 'string' ? last : pathText(path.slice(-2));
  switch (error.keyword) {
    case 'additionalProperties':
      return unknownKey(document, path, error);
    case 'required':
      return at(
        document,
        path,
        'missing_key',
        `${label || 'the document'} has no ${error.params.missingProperty}`,
        null,
        true,
      );
    case 'type':
      return at(
        document,
        path,
        'wrong_type',
        `${label} is ${kindOfValue(error.data)}, wanted ${wanted(error)}`,
        null,
      );
    case 'enum': {
      const values = (error.params.allowedValues as unknown[]).map(String);
      const hint = meantOrKnown(String(error.data), values);
      return at(document, path, 'unknown_value', `${label} can't be ${JSON.stringify(error.data)}`, hint);
    }
    case 'const':
      return at(
        document,
        path,
        'unknown_value',
        `${label} can't be ${JSON.stringify(error.data)}`,
        `write ${error.params.allowedValue}`,
      );
    case 'format':
      return at(document, path, `bad_${error.params.format}`, formatMessage(error), null);
    case 'pattern':
      if (error.propertyName !== undefined) {
        return at(
          document,
          [...path, error.propertyName],
          'bad_name',
          NAME_MESSAGE(error.propertyName),
          null,
          true,
        );
      }
      return at(document, path, 'bad_name', NAME_MESSAGE(String(error.data)), null);
    default:
      return at(document, path, 'bad_value', `${label} ${error.message ?? 'is not right'}`, null);
  }
}

const NAME_MESSAGE = (name: string): string =>
  `${JSON.stringify(name)} is not a name: use small letters, digits and _, a letter first`;

function unknownKey(document: PipelineDocument, path: Path, error: ErrorObject): DocumentFault {
  const key = String(error.params.additionalProperty);
  const schema = error.parentSchema as { properties?: Data; 'x-kind'?: string; 'x-kinds'?: string[] };
  const here = [...path, key];
  const inBraces = document.inBraces(here) && /[()[\]"'?]/.test(key);
  if (inBraces) return at(document, here, 'unknown_key', `${key} is not a key`, BRACES_HINT, true);
  const hint = meantOrKnown(key, Object.keys(schema.properties ?? {}));
  const kind = schema['x-kind'];
  if (kind === undefined) return at(document, here, 'unknown_key', `there is no key ${key} here`, hint, true);
  return at(document, here, 'unknown_kind', `${key} is not a ${kind} kind yet`, hint, true);
}

function kindOfValue(value: unknown): string {
  if (value === null || value === undefined) return 'empty';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a mapping' : `the ${typeof value} ${JSON.stringify(value)}`;
}

const WORDS: Readonly<Record<string, string>> = {
  object: 'a mapping',
  array: 'a list',
  string: 'a text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
};

function wanted(error: ErrorObject): string {
  const types = Array.isArray(error.params.type)
    ? (error.params.type as string[])
    : [String(error.params.type)];
  return types.map((type) => WORDS[type] ?? type).join(' or ');
}

function formatMessage(error: ErrorObject): string {
  try {
    QUANTITIES.get(String(error.params.format))?.(String(error.data));
  } catch (problem) {
    return (problem as Error).message;
  }
  return `${JSON.stringify(error.data)} is not a ${error.params.format}`;
}

/** Exactly one kind: JSON Schema could say it, but not in words that help. */
function kindFaults(document: PipelineDocument, data: Data, catalogue: Catalogue): readonly DocumentFault[] {
  const faults: DocumentFault[] = [];
  const one = (
    holder: unknown,
    path: Path,
    what: string,
    kinds: readonly string[],
    others: readonly string[],
  ): void => {
    if (!isData(holder)) return;
    const found = Object.keys(holder).filter((key) => !others.includes(key));
    if (found.length === 1) return;
    const hint = kinds.length > 0 ? `known are ${kinds.join(', ')}` : null;
    const message =
      found.length === 0
        ? `it names no ${what} kind`
        : `it names ${found.length} ${what} kinds: ${found.join(', ')}`;
    faults.push(
      at(document, path, found.length === 0 ? 'missing_kind' : 'several_kinds', message, hint, true),
    );
  };
  const each = (value: unknown): [string, unknown][] => (isData(value) ? Object.entries(value) : []);
  for (const [name, source] of each(data.sources)) {
    one(source, ['sources', name], 'source', Object.keys(catalogue.sources ?? {}), ['map']);
  }
  for (const [name, table] of each(data.tables)) {
    one(table, ['tables', name], 'table', Object.keys(catalogue.tables ?? {}), [
      'primary',
      'columns',
      'refresh',
    ]);
  }
  const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
  list(data.route).forEach((route, i) => {
    list(isData(route) ? route.to : null).forEach((sink, j) => {
      one(sink, ['route', i, 'to', j], 'sink', Object.keys(catalogue.sinks ?? {}), []);
    });
  });
  list(data.aggregate).forEach((window, i) => {
    if (isData(window)) one(window.window, ['aggregate', i, 'window'], 'window', [], []);
  });
  list(data.detect).forEach((detector, i) => {
    if (isData(detector)) one(detector.method, ['detect', i, 'method'], 'method', [], []);
  });
  return faults;
}
