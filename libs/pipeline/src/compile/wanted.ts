import type { Path } from '../document.ts';
import { type Kind, nameOf } from '../expression/type.ts';
import { type Building, operandAt, report, type Variables } from './building.ts';
import type { Operand } from './operand.ts';

export interface Wanted {
  /** What the value is for, in a message: `when`, `the key`. */
  readonly what: string;
  readonly kinds: readonly Kind[];
  /** Whether it may be null. */
  readonly nullable: boolean;
  /** For a text where a number is wanted, and the like. */
  readonly hint?: string;
}

export const CONDITION = (what: string): Wanted => ({ what, kinds: ['bool'], nullable: false });
export const GROUP = (what: string): Wanted => ({
  what,
  kinds: ['string', 'double', 'bool'],
  nullable: true,
});

/** The expression at `path`, whose result must be of a wanted type. Null: absent, or reported. */
export function wantedAt(
  building: Building,
  path: Path,
  value: unknown,
  variables: Variables,
  wanted: Wanted,
): Operand | null {
  if (value === undefined) return null;
  const operand = operandAt(building, path, value, variables);
  return operand && fits(building, path, operand, wanted) ? operand : null;
}

export function fits(building: Building, path: Path, operand: Operand, wanted: Wanted): boolean {
  const { kind, nullable } = operand.type;
  if (kind === 'dyn') return true;
  if (!wanted.kinds.includes(kind) && !(kind === 'null' && wanted.nullable)) {
    const names = wanted.kinds.map(nameOf).join(' or ');
    report(
      building,
      path,
      'wrong_type',
      `${operand.text} is ${nameOf(kind)}, ${wanted.what} is ${names}`,
      wanted.hint ?? null,
    );
    return false;
  }
  if (nullable && !wanted.nullable) {
    const hint = `write coalesce(${operand.text}, ${kind === 'string' ? '""' : kind === 'bool' ? 'false' : '0'})`;
    report(building, path, 'may_be_null', `${operand.text} may be null, ${wanted.what} can't be`, hint);
    return false;
  }
  return true;
}
