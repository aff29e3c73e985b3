import type { Fault, FaultCode } from './event-codec.ts';

/** Further faults of the same event are left out. */
export const FAULTS_MAX = 20;
const SHOWN_TEXT_MAX = 60;

export interface ReaderOptions {
  /** Everything is text: "12" may become 12, and "" is a field that is absent unless the field is text. */
  readonly textual: boolean;
  readonly unknownFields: 'reject' | 'ignore';
}

/** Faults of the event at hand, and how deep in its records it is. */
export interface ReadContext {
  faults: Fault[];
  depth: number;
}

/** Turns an outside value into the event's, or adds at least one fault; its path starts at the value. */
export type Reader = (value: unknown, context: ReadContext) => unknown;

export function fault(context: ReadContext, code: FaultCode, message: string): undefined {
  if (context.faults.length < FAULTS_MAX) context.faults.push({ path: '', code, message });
  return undefined;
}

export function wrongType(context: ReadContext, value: unknown, wanted: string): undefined {
  const code = value === null ? 'missing_field' : 'wrong_type';
  return fault(context, code, `found ${describe(value)}, the schema wants ${wanted}`);
}

export function outOfRange(context: ReadContext, value: unknown, wanted: string): undefined {
  return fault(context, 'out_of_range', `found ${describe(value)}, the schema wants ${wanted}`);
}

/** Puts a field's name or an item's index in front of the paths of the faults from `before` on. */
export function within(context: ReadContext, before: number, step: string): void {
  for (let i = before; i < context.faults.length; i++) {
    const { path, code, message } = context.faults[i]!;
    const joined = path === '' || path.startsWith('[') ? step + path : `${step}.${path}`;
    context.faults[i] = { path: joined, code, message };
  }
}

export function describe(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return `the text ${JSON.stringify(shown(value))}`;
    case 'number':
    case 'bigint':
      return `the number ${value}`;
    case 'boolean':
      return String(value);
    case 'object':
      if (value === null) return 'null';
      if (Array.isArray(value)) return 'a list';
      return ArrayBuffer.isView(value) ? 'bytes' : 'an object';
    default:
      return `a ${typeof value}`;
  }
}

export function shown(text: string): string {
  return text.length > SHOWN_TEXT_MAX ? `${text.slice(0, SHOWN_TEXT_MAX)}…` : text;
}
