import type { AvroSchema, ColumnType, Plan } from '@millrace/pipeline/plan';
import { resultTypeOfAvro, typeOfAvro } from './type-of-avro.ts';

const COLUMN_TYPES: Readonly<Record<ColumnType, string>> = {
  string: 'string',
  double: 'number',
  long: 'number | bigint',
  boolean: 'boolean',
};

/** A module with the types of a pipeline's event, enrichments, windows and alerts. */
export function typesText(plan: Plan): string {
  const { fields } = plan.event.schema as unknown as {
    readonly fields: readonly { readonly name: string; readonly type: AvroSchema }[];
  };
  const windows = plan.windows.map(({ name, compute }) => {
    const values = compute.map(
      (each) => `${each.name}: ${nullable(resultTypeOfAvro(each.aggregate.schema))}`,
    );
    return `${name}: { ${values.join('; ')} }`;
  });
  return `// Types of pipeline ${plan.pipeline}, written by \`millrace types\`. Times are milliseconds since 1970 UTC.

/** What the sources give. */
${block(
  'Event',
  fields.map(({ name, type }) => `${name}: ${typeOfAvro(type)}`),
)}

/** What \`enrich\` adds; null where the table has no row. */
${block('Enrichments', enrichmentsOf(plan))}

/** The event from enrich on. */
export type EnrichedEvent = Event & Enrichments & { readonly flags: readonly string[] };

/** The computed values of each window. */
${block('WindowValues', windows)}

export interface WindowResult<Name extends keyof WindowValues = keyof WindowValues> {
  readonly name: Name;
  readonly group: string;
  readonly start: number;
  readonly end: number;
  /** Counts from 1; a correction after the final result goes on counting. */
  readonly revision: number;
  /** False: the window is still open and the values are live. */
  readonly final: boolean;
  readonly values: WindowValues[Name];
}

${block('Alert', [
  'id: string',
  `name: ${plan.detectors.map(({ name }) => `'${name}'`).join(' | ') || 'never'}`,
  'group: string',
  "severity: 'low' | 'medium' | 'high' | 'critical'",
  'message: string',
  'time: number',
  'value: number | null',
  'score: number | null',
  'eventId: string | null',
  'window: { readonly name: keyof WindowValues; readonly start: number; readonly end: number; readonly revision: number } | null',
])}
`;
}

function enrichmentsOf({ enrich, tables }: Plan): string[] {
  return enrich.map(({ name, table, add }) => {
    const columns = tables.find((each) => each.name === table)!.columns;
    const fields = add.map((column) => `${column}: ${nullable(COLUMN_TYPES[columns.get(column)!])}`);
    return `${name}: { ${fields.join('; ')} } | null`;
  });
}

function nullable(type: string): string {
  return type.split(' | ').includes('null') ? type : `${type} | null`;
}

function block(name: string, fields: readonly string[]): string {
  if (fields.length === 0) return `export type ${name} = Readonly<Record<never, never>>;`;
  return `export interface ${name} {\n${fields.map((field) => `  readonly ${field};`).join('\n')}\n}`;
}
