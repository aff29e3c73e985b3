import { parseDuration } from '../duration.ts';
import { meantOrKnown } from '../faults.ts';
import type { CasePlan, GivenPlan } from '../plan.ts';
import { type Building, report, type Section } from './building.ts';
import type { EventShape } from './event.ts';
import { checkExpectations, outcomesOf } from './expectations.ts';

export function compileCases(
  building: Building,
  sections: readonly Section[],
  data: Section,
  shape: EventShape,
): readonly CasePlan[] {
  const sources = data.sources as Section;
  const outcomes = outcomesOf(data, shape);
  return sections.map((section, i) => {
    const given = (section.given as readonly Section[]).map((each, j): GivenPlan => {
      const path = ['cases', i, 'given', j];
      const source = each.source === undefined ? null : String(each.source);
      if (source !== null && !Object.hasOwn(sources, source)) {
        report(
          building,
          [...path, 'source'],
          'unknown_source',
          `there is no source ${source}`,
          meantOrKnown(source, Object.keys(sources)),
        );
      }
      const event = each.event as Record<string, unknown>;
      const maps = source !== null && (sources[source] as Section | undefined)?.map !== undefined;
      for (const field of maps ? [] : Object.keys(event)) {
        if (shape.fields.has(field)) continue;
        report(
          building,
          [...path, 'event', field],
          'unknown_field',
          `the event has no field ${field}`,
          meantOrKnown(field, shape.fields.keys()),
        );
      }
      return { event, source, repeat: Number(each.repeat), everyMs: parseDuration(String(each.every)) };
    });
    checkExpectations(building, ['cases', i, 'expect'], section.expect as Section, outcomes);
    const { line } = building.document.place(['cases', i]);
    return { name: String(section.name), given, expect: section.expect as CasePlan['expect'], line };
  });
}
