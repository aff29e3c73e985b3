import type { Kind } from '../catalogue.ts';
import type { Path } from '../document.ts';
import { parseDuration } from '../duration.ts';
import { DOUBLE, DYN, mapOf, nameOf, STRING, type Type } from '../expression/type.ts';
import { meantOrKnown } from '../faults.ts';
import { FINITE_SOURCES } from '../finite-sources.ts';
import type { AvroSchema, ColumnType, Expression, SourcePlan, TablePlan } from '../plan.ts';
import { readSettings } from '../settings.ts';
import {
  type Building,
  checkSecret,
  operandAt,
  report,
  resolveData,
  resolveIn,
  type Section,
} from './building.ts';
import type { EventShape } from './event.ts';
import { asValue, type Operand } from './operand.ts';

const ROW = new Map<string, Type>([
  ['row', mapOf(DYN)],
  ['row_number', DOUBLE],
]);

export function compileSources(
  building: Building,
  sections: Section,
  shape: EventShape,
): readonly SourcePlan[] {
  return Object.entries(sections).map(([name, value]) => {
    const section = value as Section;
    const path = ['sources', name];
    const { kind, config } = compileKind(building, path, section, ['map'], building.catalogue.sources);
    const map = section.map ? compileMap(building, [...path, 'map'], section.map as Section, shape) : null;
    const kinds = building.catalogue.sources;
    const finite = kinds ? (kinds[kind]?.finite?.(config) ?? false) : FINITE_SOURCES.has(kind);
    return { name, kind, config, map, finite };
  });
}

/** The one key of a section that names a kind, and its settings. */
export function compileKind(
  building: Building,
  path: Path,
  section: Section,
  others: readonly string[],
  kinds: Readonly<Record<string, Kind>> | undefined,
  from?: string,
): { readonly kind: string; readonly config: Readonly<Record<string, unknown>> } {
  const kind = Object.keys(section).find((key) => !others.includes(key)) ?? '';
  const value = section[kind] ?? {};
  const at = [...path, kind];
  const config = readSettings(value, kinds?.[kind]?.settings ?? {}, {
    resolve: (file) => (path[0] === 'tables' ? resolveIn : resolveData)(building, file),
    secret: (name, inner) => checkSecret(building, [...at, ...inner], `secret:${name}`),
  });
  const settings = config as Readonly<Record<string, unknown>>;
  const place = { pipeline: building.pipeline, ...(from === undefined ? {} : { from }) };
  const problem = kinds?.[kind]?.check?.(settings, place);
  if (problem) report(building, at, 'bad_value', problem);
  return { kind, config: settings };
}

function compileMap(
  building: Building,
  path: Path,
  section: Section,
  shape: EventShape,
): ReadonlyMap<string, Expression<unknown>> {
  const map = new Map<string, Expression<unknown>>();
  for (const [field, value] of Object.entries(section)) {
    const at = [...path, field];
    const type = shape.fields.get(field);
    if (!type) {
      report(
        building,
        at,
        'unknown_field',
        `the event has no field ${field}`,
        meantOrKnown(field, shape.fields.keys()),
      );
      continue;
    }
    const operand = operandAt(building, at, value, ROW);
    if (operand && mayBecome(building, at, operand, field, type)) map.set(field, asValue(operand));
  }
  for (const field of requiredFields(shape.schema)) {
    if (Object.hasOwn(section, field)) continue;
    report(
      building,
      path,
      'missing_field',
      `map gives no ${field}, which the event must have`,
      `add ${field}: row.${field}`,
    );
  }
  return map;
}

/** Whether a result can be the field. Texts may become times and enums: the codec reads them. */
function mayBecome(building: Building, path: Path, operand: Operand, field: string, type: Type): boolean {
  const { kind } = operand.type;
  const same =
    kind === type.kind || kind === 'dyn' || type.kind === 'dyn' || (kind === 'null' && type.nullable);
  const readable =
    (kind === 'map' && type.kind === 'record') || (kind === 'string' && type.kind === 'double');
  if (same || readable) return true;
  report(
    building,
    path,
    'wrong_type',
    `${operand.text} is ${nameOf(kind)}, the field ${field} is ${nameOf(type.kind)}`,
  );
  return false;
}

function requiredFields(schema: AvroSchema): readonly string[] {
  const fields = (schema as unknown as { fields: { name: string; default?: unknown; type: unknown }[] })
    .fields;
  const optional = (type: unknown): boolean => Array.isArray(type) && type.includes('null');
  return fields.filter((each) => each.default === undefined && !optional(each.type)).map((each) => each.name);
}

const COLUMN_TYPES: Readonly<Record<ColumnType, Type>> = {
  string: STRING,
  double: DOUBLE,
  long: DOUBLE,
  boolean: { kind: 'bool', nullable: false },
};

/** The declared type of a column; a string where none is. */
export const columnType = (types: Readonly<Record<string, ColumnType>>, column: string): ColumnType =>
  Object.hasOwn(types, column) ? types[column]! : 'string';

/** Of a type that there isn't, which has been reported, anything may be. */
export const typeOfColumn = (column: ColumnType): Type => COLUMN_TYPES[column] ?? DYN;

export function compileTables(
  building: Building,
  sections: Section,
  added: ReadonlyMap<string, ReadonlySet<string>>,
): readonly TablePlan[] {
  return Object.entries(sections).map(([name, value]) => {
    const section = value as Section;
    const others = ['primary', 'columns', 'refresh'];
    const { kind, config } = compileKind(
      building,
      ['tables', name],
      section,
      others,
      building.catalogue.tables,
    );
    const types = section.columns as Readonly<Record<string, ColumnType>>;
    const columns = [...(added.get(name) ?? [])].map(
      (column) => [column, columnType(types, column)] as const,
    );
    const refreshMs = section.refresh === undefined ? null : parseDuration(String(section.refresh));
    return { name, kind, config, primary: String(section.primary), columns: new Map(columns), refreshMs };
  });
}
