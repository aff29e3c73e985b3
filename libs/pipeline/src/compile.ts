import { createHash } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import { SchemaError } from './avro-type.ts';
import type { Catalogue } from './catalogue.ts';
import { checkDocument } from './check-document.ts';
import { compileWindows, type Grouping } from './compile/aggregate.ts';
import { type Building, report, resolveIn, type Section, type Variables } from './compile/building.ts';
import { compileCases } from './compile/cases.ts';
import { compileDetectors } from './compile/detect.ts';
import { addedColumns, compileEnrich, enrichmentTypes } from './compile/enrich.ts';
import { compileEvent, type EventShape, readEventShape } from './compile/event.ts';
import { checkNames } from './compile/names.ts';
import { compileRoutes } from './compile/route.ts';
import { compileSources, compileTables } from './compile/sources.ts';
import { compileValidate } from './compile/validate.ts';
import { deriveSchemas } from './derived-schemas.ts';
import { isData, objectDocument, type PipelineDocument, readDocument } from './document.ts';
import { parseDuration } from './duration.ts';
import type { UserFunctions } from './expression/context.ts';
import { listOf, recordOf, STRING, type Type } from './expression/type.ts';
import type { DocumentFault } from './faults.ts';
import type { DerivedSchemas, FieldsUsed, Plan, TimePlan } from './plan.ts';
import { topologyOf } from './topology.ts';

export interface CompileInput {
  /** The document's file, as faults show it; relative paths start from its folder. */
  readonly path: string;
  /** YAML text; or `object`. */
  readonly text?: string;
  /** The typed form: what `definePipeline` answers. */
  readonly object?: object;
  /** The text of a file that the document names (absolute path), or null when there is none. The only door outside. */
  readonly load: (path: string) => string | null;
  /**
   * Where a file lies that the document stands on (schema, functions, tables): `path` is absolute, `named` as the document
   * says it. Default: at `path`.
   */
  readonly place?: (path: string, named: string) => string;
  /** The module that `functions` names: its exports are callable from expressions. */
  readonly functions?: UserFunctions;
  readonly catalogue: Catalogue;
}

export type CompileResult =
  | { readonly plan: Plan; readonly faults: readonly [] }
  | { readonly plan: null; readonly faults: readonly DocumentFault[] };

/** Turns a document into a plan, or finds as many of its faults as one pass can, in the order of their places. */
export function compile(input: CompileInput): CompileResult {
  const document = input.object
    ? objectDocument(input.path, input.object)
    : readDocument(input.path, input.text ?? '');
  if (Array.isArray(document)) return { plan: null, faults: document as readonly DocumentFault[] };
  const checked = checkDocument(document as PipelineDocument, input.catalogue);
  const building: Building = {
    pipeline: String(checked.data.pipeline),
    windowNames: namesIn(checked.data.aggregate),
    document: document as PipelineDocument,
    catalogue: input.catalogue,
    functions: input.functions ?? {},
    load: input.load,
    place: input.place ?? ((path) => path),
    folder: dirname(resolve(input.path)),
    secrets: Array.isArray(checked.data.secrets) ? checked.data.secrets.map(String) : [],
    faults: [...checked.faults],
    fieldsRead: new Map(),
  };
  // What has the wrong shape can't be looked into.
  const plan = checked.usable ? compileSections(building, checked.data) : null;
  if (plan && building.faults.length === 0) return { plan, faults: [] };
  return { plan: null, faults: inOrder(building.faults) };
}

const namesIn = (list: unknown): readonly string[] =>
  Array.isArray(list) ? list.map((each) => String(isData(each) ? each.name : '')) : [];

function inOrder(faults: readonly DocumentFault[]): readonly DocumentFault[] {
  const key = ({ file, line, column, message }: DocumentFault): string =>
    JSON.stringify([file, line, column, message]);
  const unique = [...new Map(faults.map((fault) => [key(fault), fault])).values()];
  return unique.sort(
    (a, b) => Number(a.file > b.file) - Number(a.file < b.file) || a.line - b.line || a.column - b.column,
  );
}

function compileSections(building: Building, data: Section): Plan | null {
  const list = (name: string): readonly Section[] => data[name] as readonly Section[];
  const tables = data.tables as Section;
  checkNames(building, data);
  const shape = readEventShape(building, data.event as Section);
  const functions = functionsText(building, data);
  if (!shape) return null;
  const scopes = scopesOf(shape, list('enrich'), tables);
  const event = compileEvent(building, data.event as Section, shape, scopes.arrived);
  const sources = compileSources(building, data.sources as Section, shape);
  const validate = compileValidate(building, data.validate as Section, shape, scopes.arrived);
  const enrich = compileEnrich(building, list('enrich'), tables, shape, scopes.validated);
  const grouping: Grouping = {
    key: event?.key ?? null,
    cleaned: new Set(validate.clean.map(({ field }) => field)),
  };
  const windows = compileWindows(building, list('aggregate'), scopes.enriched, grouping);
  const detectors = compileDetectors(building, list('detect'), scopes.enriched, windows, grouping);
  const routes = compileRoutes(building, list('route'), scopes.enriched, windows);
  const cases = compileCases(building, list('cases'), data, shape);
  const tablePlans = compileTables(building, tables, addedColumns(list('enrich')));
  if (!event || building.faults.length > 0) return null;
  const parts = {
    pipeline: String(data.pipeline),
    lanes: Number(data.lanes),
    ...hashesOf(building, shape, functions),
    time: timePlan(data.time as Section),
    traceRate: Number((data.trace as Section).rate),
    event: event.plan,
    secrets: building.secrets,
    sources,
    validate,
    tables: tablePlans,
    enrich,
    windows,
    detectors,
    routes,
    cases,
    fieldsUsed: fieldsUsed(building),
    folder: building.folder,
  };
  const schemas = derivedFrom(building, { ...parts, event: shape.schema });
  return schemas && { ...parts, schemas, topology: topologyOf(parts) };
}

/** The topics' schemas. Null: a name of the user's is one of ours; reported. */
function derivedFrom(building: Building, parts: Parameters<typeof deriveSchemas>[0]): DerivedSchemas | null {
  try {
    return deriveSchemas(parts);
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error;
    report(building, ['event', 'schema'], 'bad_schema', error.message);
    return null;
  }
}

/** What a stage must decode of an event for its expressions. */
function fieldsUsed({ fieldsRead }: Building): FieldsUsed {
  const of = (...sections: string[]): readonly string[] | null => {
    const fields = new Set(sections.flatMap((section) => [...(fieldsRead.get(section) ?? [])]));
    return fields.has('*') ? null : [...fields].sort();
  };
  return {
    validate: of('validate'),
    enrich: of('enrich'),
    aggregate: of('aggregate', 'detect'),
    route: of('route'),
  };
}

/** What `event` is as it goes through the stages. */
function scopesOf(shape: EventShape, enrich: readonly Section[], tables: Section) {
  const flags: [string, Type] = ['flags', listOf(STRING)];
  const scope = (fields: Iterable<readonly [string, Type]>): Variables =>
    new Map([['event', recordOf(new Map(fields))]]);
  const enrichments = enrichmentTypes(enrich, tables);
  return {
    arrived: scope(shape.fields),
    validated: scope([...shape.fields, flags]),
    enriched: scope([...enrichments, ...shape.fields, flags]),
  };
}

/** The text of the functions' module, for the hash. */
function functionsText(building: Building, data: Section): string {
  const own = Object.entries(building.functions).map(([name, f]) => `${name}=${String(f)}`);
  if (data.functions === undefined) return own.join('\n');
  const text = building.load(resolveIn(building, String(data.functions)));
  if (text === null) {
    report(
      building,
      ['functions'],
      'no_such_file',
      `there is no file ${data.functions}`,
      `paths start from ${building.folder}`,
    );
  }
  return text ?? '';
}

/** Covers what decides the outputs, and not where the files lie. */
function hashesOf(building: Building, shape: EventShape, functions: string): Pick<Plan, 'hash' | 'sections'> {
  const document = building.document;
  // A case more, other events that are traced, or being a bundle, is no reason to compute everything anew.
  const others = { cases: undefined, trace: undefined, files: undefined };
  const deciding = { ...(document.value as Section), ...others };
  const textOf = (section: unknown): string | undefined =>
    JSON.stringify(section, (_, value: unknown) => {
      const f = typeof value === 'string' ? document.functionOf(value) : null;
      return f ? String(f) : value;
    });
  const sections = Object.entries(deciding).flatMap(([name, section]): [string, string][] => {
    const text = textOf(section);
    return text === undefined ? [] : [[name, name === 'functions' ? `${text}${functions}` : text]];
  });
  return {
    hash: sha256(textOf(deciding)!, shape.text, functions),
    sections: Object.fromEntries(
      [...sections, ['event.schema', shape.text] as const].map(([name, text]) => [
        name,
        sha256(text).slice(0, SECTION_HASH_DIGITS),
      ]),
    ),
  };
}

const SECTION_HASH_DIGITS = 12;

function sha256(...texts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(`${text.length}:${text}`);
  return hash.digest('hex');
}

function timePlan(section: Section): TimePlan {
  const ms = (name: string): number => parseDuration(String(section[name]));
  return {
    outOfOrderMs: ms('out_of_order'),
    maxAheadMs: ms('max_ahead'),
    idleMs: ms('idle'),
    dedupeMs: ms('dedupe'),
    keepMs: ms('keep'),
  };
}
