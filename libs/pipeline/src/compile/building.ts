import { resolve } from 'node:path';
import type { Catalogue } from '../catalogue.ts';
import { BRACES_HINT, type Path, type PipelineDocument } from '../document.ts';
import type { UserFunctions } from '../expression/context.ts';
import type { ASTNode } from '../expression/parse.ts';
import type { Type } from '../expression/type.ts';
import {
  type CompiledExpression,
  compileExpression,
  compileTree,
  type ExpressionFault,
} from '../expression.ts';
import type { DocumentFault } from '../faults.ts';
import { SECRET } from '../settings.ts';
import { type Operand, userExpression } from './operand.ts';

export type Section = Readonly<Record<string, unknown>>;
export type Variables = ReadonlyMap<string, Type>;

/** A document on its way to a plan: what every section needs, and where faults go. */
export interface Building {
  readonly pipeline: string;
  /** The windows that the document names, those with faults, too. */
  readonly windowNames: readonly string[];
  readonly document: PipelineDocument;
  readonly catalogue: Catalogue;
  readonly functions: UserFunctions;
  readonly load: (path: string) => string | null;
  readonly place: (path: string, named: string) => string;
  readonly folder: string;
  readonly secrets: readonly string[];
  readonly faults: DocumentFault[];
  /** Event fields read by each section so far; `*` for all of them. */
  readonly fieldsRead: Map<string, Set<string>>;
}

export function report(
  building: Building,
  path: Path,
  code: string,
  message: string,
  hint: string | null = null,
): void {
  const { document, faults } = building;
  faults.push({
    file: document.file,
    ...document.place(path),
    code,
    message: document.prefix(path) + message,
    hint,
  });
}

/** What stands at `path`, an expression or a function, type-checked over these variables. Null: reported. */
export function operandAt(
  building: Building,
  path: Path,
  value: unknown,
  variables: Variables,
): Operand | null {
  const text = String(value);
  const f = building.document.functionOf(text);
  if (f) return noted(building, path, userExpression(f, variables));
  const compiled = compileExpression(text, { variables, functions: building.functions });
  return settle(building, path, compiled, text);
}

/** A part of an expression at `path` that has been parsed. */
export function treeAt(
  building: Building,
  path: Path,
  text: string,
  node: ASTNode,
  variables: Variables,
): Operand | null {
  return settle(building, path, compileTree(text, node, { variables, functions: building.functions }), text);
}

function settle(
  building: Building,
  path: Path,
  compiled: CompiledExpression | readonly ExpressionFault[],
  text: string,
): Operand | null {
  if (!Array.isArray(compiled))
    return noted(building, path, { ...(compiled as CompiledExpression), user: null });
  reportExpression(building, path, compiled as readonly ExpressionFault[], text);
  return null;
}

function noted(building: Building, path: Path, operand: Operand): Operand {
  const fields = operand.used.get('event');
  const section = String(path[0]);
  const read = building.fieldsRead.get(section) ?? new Set<string>();
  for (const field of fields === null ? ['*'] : (fields ?? [])) read.add(field);
  building.fieldsRead.set(section, read);
  return operand;
}

export function reportExpression(
  building: Building,
  path: Path,
  found: readonly ExpressionFault[],
  text: string,
): void {
  const { document, faults } = building;
  for (const { start, code, message, hint } of found) {
    const cut = code === 'expression_syntax' && document.inBraces(path) && isCut(text);
    faults.push({
      file: document.file,
      ...document.textPlace(path, start),
      code,
      message: document.prefix(path) + message,
      hint: cut ? BRACES_HINT : hint,
    });
  }
}

/** Whether an expression looks as if YAML had ended it at a comma. */
const isCut = (text: string): boolean => text.split('(').length > text.split(')').length;

export const resolveIn = (building: Building, path: string): string =>
  building.place(resolve(building.folder, path), path);

/** A file that sources read or sinks write: it is where the document is, wherever the document's own files are. */
export const resolveData = (building: Building, path: string): string => resolve(building.folder, path);

export function checkSecret(building: Building, path: Path, value: string): void {
  const name = SECRET.exec(value)?.[1];
  if (name === undefined || building.secrets.includes(name)) return;
  report(
    building,
    path,
    'unknown_secret',
    `the secret ${name} is not declared`,
    `add it to secrets: [${[...building.secrets, name].join(', ')}]`,
  );
}
