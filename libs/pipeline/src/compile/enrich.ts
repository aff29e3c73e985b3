import { RESERVED_ENRICHMENTS } from '../derived-schemas.ts';
import { DYN, nullable, recordOf, type Type } from '../expression/type.ts';
import { meantOrKnown } from '../faults.ts';
import type { ColumnType, EnrichPlan } from '../plan.ts';
import { type Building, report, type Section, type Variables } from './building.ts';
import type { EventShape } from './event.ts';
import { asTextOrNull } from './operand.ts';
import { columnType, typeOfColumn } from './sources.ts';
import { GROUP, wantedAt } from './wanted.ts';

const RENAME = 'give the enrichment another name';

/** Columns that enrichments add, by table. */
export function addedColumns(sections: readonly Section[]): ReadonlyMap<string, ReadonlySet<string>> {
  const added = new Map<string, Set<string>>();
  for (const { table, add } of sections) {
    const columns = added.get(String(table)) ?? new Set<string>();
    for (const column of add as string[]) columns.add(column);
    added.set(String(table), columns);
  }
  return added;
}

/** The types of `event.NAME` for each enrichment: null where the look-up found nothing, as cells may be. */
export function enrichmentTypes(sections: readonly Section[], tables: Section): ReadonlyMap<string, Type> {
  return new Map(
    sections.map((section) => {
      const name = String(section.table);
      const table = Object.hasOwn(tables, name) ? (tables[name] as Section) : null;
      const types = (table?.columns ?? {}) as Readonly<Record<string, ColumnType>>;
      // What is wrong with the table is reported once, and not again wherever a column is used.
      const typeOf = (column: string): Type => (table ? typeOfColumn(columnType(types, column)) : DYN);
      const fields = (section.add as string[]).map((column) => [column, nullable(typeOf(column))] as const);
      return [String(section.name), nullable(recordOf(new Map(fields)))] as const;
    }),
  );
}

export function compileEnrich(
  building: Building,
  sections: readonly Section[],
  tables: Section,
  shape: EventShape,
  variables: Variables,
): readonly EnrichPlan[] {
  return sections.flatMap((section, i): EnrichPlan[] => {
    const path = ['enrich', i];
    const name = String(section.name);
    if (shape.fields.has(name) || name === 'flags') {
      report(building, [...path, 'name'], 'name_collision', `the event has a field ${name} already`, RENAME);
    }
    if (RESERVED_ENRICHMENTS.has(name)) {
      report(
        building,
        [...path, 'name'],
        'name_collision',
        `${name} is a field of Millrace's own records`,
        RENAME,
      );
    }
    const table = String(section.table);
    if (!Object.hasOwn(tables, table)) {
      report(
        building,
        [...path, 'table'],
        'unknown_table',
        `there is no table ${table}`,
        meantOrKnown(table, Object.keys(tables)),
      );
    }
    const match = wantedAt(
      building,
      [...path, 'match'],
      section.match,
      variables,
      GROUP('what is looked up'),
    );
    if (!match) return [];
    const missing = section.missing as EnrichPlan['missing'];
    return [{ name, table, match: asTextOrNull(match), add: section.add as string[], missing }];
  });
}
