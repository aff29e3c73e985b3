import type { ErrorObject } from 'ajv/dist/2020.js';
import { BRACES_HINT, type Data, type Path, type PipelineDocument, pathText } from './document.ts';
import { type DocumentFault, didYouMean, meantOrKnown } from './faults.ts';
import { NAME_PATTERN } from './schema-parts.ts';
import { QUANTITIES } from './settings.ts';

export function faultAt(
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
export const isCause = (error: ErrorObject): boolean =>
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

/** What ajv found, in words, without what follows from something else that it found. */
export function schemaFaults(
  document: PipelineDocument,
  errors: readonly ErrorObject[],
): readonly DocumentFault[] {
  const cut = errors.filter((error) => isCutKey(document, error)).map(cutPath);
  return errors
    .filter((error) => isCutKey(document, error) || !cut.includes(error.instancePath))
    .filter((error) => !isExplained(error, errors))
    .map((error) => schemaFault(document, error));
}

/** A key that is the rest of an expression: YAML's braces ended it at a comma. */
function isCutKey(document: PipelineDocument, error: ErrorObject): boolean {
  const key = error.propertyName ?? error.params.additionalProperty;
  if (typeof key !== 'string' || !/[()[\]"'?]/.test(key)) return false;
  return document.inBraces([...pathOf(error.instancePath, document.value), key]);
}

const cutPath = (error: ErrorObject): string =>
  `${error.instancePath}/${error.propertyName ?? error.params.additionalProperty}`;

/** A missing key that was only misspelt: the misspelling says it all. */
function isExplained(error: ErrorObject, errors: readonly ErrorObject[]): boolean {
  if (error.keyword !== 'required') return false;
  const missing = String(error.params.missingProperty);
  return errors.some(
    ({ keyword, instancePath, params }) =>
      keyword === 'additionalProperties' &&
      instancePath === error.instancePath &&
      didYouMean(String(params.additionalProperty), [missing]) !== null,
  );
}

function schemaFault(document: PipelineDocument, error: ErrorObject): DocumentFault {
  const path = pathOf(error.instancePath, document.value);
  const last = path.at(-1);
  const label = typeof last === 'string' ? last : pathText(path.slice(-2));
  switch (error.keyword) {
    case 'additionalProperties':
      return unknownKey(document, path, error);
    case 'required':
      return faultAt(
        document,
        path,
        'missing_key',
        `${label || 'the document'} has no ${error.params.missingProperty}`,
        bareNameHint(document, path, error),
        true,
      );
    case 'type':
      return faultAt(
        document,
        path,
        'wrong_type',
        `${label} is ${kindOfValue(error.data)}, wanted ${wanted(error)}`,
        unitHint(error),
      );
    case 'enum': {
      const values = (error.params.allowedValues as unknown[]).map(String);
      const hint = meantOrKnown(String(error.data), values);
      return faultAt(
        document,
        path,
        'unknown_value',
        `${label} can't be ${JSON.stringify(error.data)}`,
        hint,
      );
    }
    case 'const':
      return faultAt(
        document,
        path,
        'unknown_value',
        `${label} can't be ${JSON.stringify(error.data)}`,
        `write ${error.params.allowedValue}`,
      );
    case 'format':
      return faultAt(document, path, `bad_${error.params.format}`, formatMessage(error), null);
    case 'pattern':
      return badPattern(document, path, label, error);
    case 'minLength':
      return faultAt(document, path, 'bad_value', `${label} is empty`, EMPTY_HINT);
    default:
      return faultAt(document, path, 'bad_value', `${label} ${error.message ?? 'is not right'}`, null);
  }
}

/** For a kind that stands there by its name alone, but needs settings. */
function bareNameHint(document: PipelineDocument, path: Path, error: ErrorObject): string | null {
  const holder = path
    .slice(0, -1)
    .reduce<unknown>((value, step) => (value as Data | undefined)?.[step], document.value);
  if (typeof holder !== 'string' || holder !== path.at(-1)) return null;
  return `give it its settings: { ${holder}: { ${error.params.missingProperty}: … } }`;
}

function badPattern(
  document: PipelineDocument,
  path: Path,
  label: string,
  error: ErrorObject,
): DocumentFault {
  const key = error.propertyName;
  if (key !== undefined && isCutKey(document, error)) return unknownKey(document, path, error);
  const text = JSON.stringify(key ?? error.data);
  if (error.params.pattern === NAME_PATTERN) {
    const message = `${text} is not a name: use small letters, digits and _, a letter first`;
    return faultAt(
      document,
      key === undefined ? path : [...path, key],
      'bad_name',
      message,
      null,
      key !== undefined,
    );
  }
  return faultAt(
    document,
    path,
    'bad_value',
    `${label} can't be ${text}: it must match ${error.params.pattern}`,
    null,
  );
}

function unknownKey(document: PipelineDocument, path: Path, error: ErrorObject): DocumentFault {
  const key = String(error.propertyName ?? error.params.additionalProperty);
  const schema = error.parentSchema as { properties?: Data; 'x-kind'?: string; 'x-kinds'?: string[] };
  const here = [...path, key];
  if (isCutKey(document, error))
    return faultAt(document, here, 'unknown_key', `${key} is not a key`, BRACES_HINT, true);
  const hint = meantOrKnown(key, Object.keys(schema.properties ?? {}));
  const kind = schema['x-kind'];
  if (kind === undefined)
    return faultAt(document, here, 'unknown_key', `there is no key ${key} here`, hint, true);
  return faultAt(document, here, 'unknown_kind', `there is no ${kind} kind ${key}`, hint, true);
}

function kindOfValue(value: unknown): string {
  if (value === null || value === undefined) return 'empty';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a mapping' : `the ${typeof value} ${JSON.stringify(value)}`;
}

/** YAML reads what starts with ! as a tag of nothing, and what follows # as a comment. */
const EMPTY_HINT = 'put an expression that starts with ! or # in quotes';

/** For a number where a quantity is wanted: units are written. */
function unitHint({ data, parentSchema }: ErrorObject): string | null {
  const quantity = QUANTITIES.get(String((parentSchema as { readonly format?: unknown }).format));
  return quantity && typeof data === 'number' ? `write it with its unit, such as ${quantity.example}` : null;
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
    QUANTITIES.get(String(error.params.format))?.parse(String(error.data));
  } catch (problem) {
    return (problem as Error).message;
  }
  return `${JSON.stringify(error.data)} is not a ${error.params.format}`;
}
