import { nameOf } from '../expression/type.ts';
import { meantOrKnown } from '../faults.ts';
import type { RulePlan, ValidatePlan } from '../plan.ts';
import { type Building, operandAt, report, type Section, type Variables } from './building.ts';
import type { EventShape } from './event.ts';
import { asBool, asValue } from './operand.ts';
import { CONDITION, wantedAt } from './wanted.ts';

export function compileValidate(
  building: Building,
  section: Section,
  shape: EventShape,
  variables: Variables,
): ValidatePlan {
  const rules = (section.rules as Section[]).flatMap((rule, i): RulePlan[] => {
    const check = wantedAt(
      building,
      ['validate', 'rules', i, 'check'],
      rule.check,
      variables,
      CONDITION('a check'),
    );
    if (!check) return [];
    const otherwise = rule.otherwise as RulePlan['otherwise'];
    return [
      {
        name: String(rule.name),
        check: asBool(check),
        otherwise,
        message: String(rule.message ?? check.text),
      },
    ];
  });
  return {
    clean: compileClean(building, section.clean as Section, shape, variables),
    rules,
    unknownFields: section.unknown_fields as ValidatePlan['unknownFields'],
  };
}

function compileClean(
  building: Building,
  section: Section,
  shape: EventShape,
  variables: Variables,
): ValidatePlan['clean'] {
  return Object.entries(section).flatMap(([field, value]) => {
    const path = ['validate', 'clean', field];
    const type = shape.fields.get(field);
    if (!type) {
      report(
        building,
        path,
        'unknown_field',
        `the event has no field ${field}`,
        meantOrKnown(field, shape.fields.keys()),
      );
      return [];
    }
    const operand = operandAt(building, path, value, variables);
    if (!operand) return [];
    const { kind, nullable } = operand.type;
    if (kind !== 'dyn' && kind !== type.kind && !(kind === 'null' && type.nullable)) {
      report(
        building,
        path,
        'wrong_type',
        `${operand.text} is ${nameOf(kind)}, the field ${field} is ${nameOf(type.kind)}`,
      );
      return [];
    }
    if (kind !== 'dyn' && nullable && !type.nullable) {
      report(building, path, 'may_be_null', `${operand.text} may be null, the field ${field} can't be`);
      return [];
    }
    return [{ field, value: asValue(operand) }];
  });
}
