import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import type { Catalogue } from './catalogue.ts';
import { type Data, isData, type Path, type PipelineDocument } from './document.ts';
import { documentSchema } from './document-schema.ts';
import type { DocumentFault } from './faults.ts';
import { faultAt, isCause, schemaFaults } from './schema-fault.ts';
import { QUANTITIES } from './settings.ts';
import { expandShorthands } from './shorthands.ts';

/** A document's shape, checked. */
export interface CheckedDocument {
  /** The document with defaults filled in and shorthands written out. */
  readonly data: Data;
  readonly faults: readonly DocumentFault[];
  /** Whether the data can be looked into all the same: faults that mislead nobody were mended. */
  readonly usable: boolean;
}

/** Checks the document against its schema, fills defaults, and gives every fault at its place. */
export function checkDocument(document: PipelineDocument, catalogue: Catalogue): CheckedDocument {
  const data = structuredClone(document.value);
  if (!isData(data)) {
    const message = 'a pipeline document is a mapping that starts with pipeline: NAME';
    return { data: {}, faults: [faultAt(document, [], 'wrong_type', message, null)], usable: false };
  }
  expandShorthands(data, catalogue);
  const ajv = new Ajv2020({ allErrors: true, useDefaults: true, verbose: true, strict: false });
  for (const [format, { parse }] of QUANTITIES) ajv.addFormat(format, (text: string) => reads(parse, text));
  for (const format of ['path', 'secret', 'uri', 'uri-reference']) ajv.addFormat(format, true);
  const validate = ajv.compile(documentSchema(catalogue, 'expanded'));
  validate(data);
  const errors = (validate.errors ?? []).filter(isCause);
  const kinds = kindFaults(document, data, catalogue);
  const faults = [...schemaFaults(document, errors), ...kinds];
  return { data, faults, usable: errors.every((error) => mend(data, error)) && kinds.length === 0 };
}

function reads(parse: (text: string) => number, text: string): boolean {
  try {
    parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Makes data usable where a fault says nothing about the rest. False where it can't be. */
function mend(data: Data, error: ErrorObject): boolean {
  const steps = error.instancePath
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  const holder = (path: readonly string[]): Data | undefined =>
    path.reduce<Data | undefined>((value, step) => value?.[step] as Data | undefined, data);
  switch (error.keyword) {
    case 'enum':
    case 'pattern':
      return true;
    case 'format': {
      const owner = holder(steps.slice(0, -1));
      const example = QUANTITIES.get(String(error.params.format))?.example;
      if (owner && example !== undefined) owner[steps.at(-1)!] = example;
      return owner !== undefined;
    }
    case 'additionalProperties': {
      // A kind that is not known may be what other parts refer to.
      if ('x-kind' in (error.parentSchema ?? {})) return false;
      delete holder(steps)?.[String(error.params.additionalProperty)];
      return true;
    }
    default:
      return false;
  }
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
      faultAt(document, path, found.length === 0 ? 'missing_kind' : 'several_kinds', message, hint, true),
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
