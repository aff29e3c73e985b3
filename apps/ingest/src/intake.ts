import type { DeadLetterCode } from '@millrace/lanes/codes';
import { digest } from '@millrace/lanes/digest';
import { badTime, eventTimeOf } from '@millrace/lanes/event-time';
import type { Flow } from '@millrace/lanes/flow';
import { createSourceMap, eventFields } from '@millrace/lanes/source-map';
import type { EventReader, Fault } from '@millrace/pipeline/event-codec';
import { ExpressionError } from '@millrace/pipeline/expression-error';
import type { Plan, Scope, SourcePlan } from '@millrace/pipeline/plan';

/** Why an event is not taken. */
export interface Refusal {
  readonly code: DeadLetterCode;
  readonly message: string;
}

export type Priority = 'high' | 'normal' | 'low';

/**
 * The processing layer: what the stages after it need to know of an event before anything else.
 * `take` computes id, key and event time (and, for `whole` records, checks them against the schema), and sets them
 * on the flow, which has its payload, position and ingest time. Answers why not, otherwise null.
 */
export interface Intake {
  take(flow: Flow, record: unknown, textual: boolean): Refusal | null;
  /** Of the event last taken. */
  priority: Priority;
}

export interface IntakeOptions {
  readonly plan: Plan;
  readonly source: SourcePlan;
  /** Check the whole record against the schema, for whoever waits for an answer; validate does it in any case. */
  readonly whole: boolean;
  readonly nameBytesMax: number;
  /** The id where the document has no `event.id`; `checked`: a repeat of it may be told by its bytes. */
  ownId(flow: Flow): { readonly id: string; readonly checked: boolean };
}

const FAULTS_NAMED_MAX = 5;

export function createIntake({ plan, source, whole, nameBytesMax, ownId }: IntakeOptions): Intake {
  const { id, key, time, priority, codec, ingestFields, schema } = plan.event;
  const map = createSourceMap(source, whole ? eventFields(schema) : ingestFields);
  const reader: EventReader = whole ? codec : codec.partial(ingestFields);
  const typed = { textual: false, unknownFields: whole ? plan.validate.unknownFields : 'ignore' } as const;
  const textualOptions = { ...typed, textual: true };
  const scope: Scope = {};
  let step = '';

  const intake: Intake = {
    priority: 'normal',
    take(flow, record, textual) {
      step = `map of source ${source.name}`;
      try {
        const mapped = map === null ? record : map(record, flow.position);
        const result = reader.read(mapped, textual ? textualOptions : typed);
        if (result.faults !== null) return schemaRefusal(result.faults);
        scope.event = result.event;
        return name(flow) ?? judge(flow);
      } catch (error) {
        if (!(error instanceof ExpressionError)) throw error;
        return { code: 'expression_error', message: `${step}: ${error.message}` };
      }
    },
  };

  function name(flow: Flow): Refusal | null {
    step = 'event.id';
    let checked = true;
    if (id === null) {
      const own = ownId(flow);
      flow.id = own.id;
      checked = own.checked;
    } else {
      flow.id = id(scope);
    }
    // All events without an id would be the same event.
    if (flow.id === '') return { code: 'bad_id', message: 'event.id is empty' };
    step = 'event.key';
    flow.key = key === null ? flow.id : key(scope);
    if (isLong(flow.id)) return { code: 'bad_id', message: `event.id is longer than ${nameBytesMax} bytes` };
    if (isLong(flow.key))
      return { code: 'bad_key', message: `event.key is longer than ${nameBytesMax} bytes` };
    // Stores and URLs can't name them, and it parts an id from its attempt.
    if (flow.id.includes('\0')) return { code: 'bad_id', message: 'event.id holds a NUL character (U+0000)' };
    if (flow.key.includes('\0'))
      return { code: 'bad_key', message: 'event.key holds a NUL character (U+0000)' };
    if (checked) flow.digest = digest(flow.payload!);
    return null;
  }

  function judge(flow: Flow): Refusal | null {
    step = 'event.time';
    const given = time(scope);
    const eventTime = eventTimeOf(given);
    if (eventTime === null) return { code: 'bad_time', message: badTime(given) };
    flow.eventTime = eventTime;
    step = 'event.priority';
    if (priority !== null) intake.priority = priorityOf(priority(scope));
    return null;
  }

  function isLong(text: string): boolean {
    // A UTF-16 unit takes at most three bytes: the exact count is needed only beyond a third.
    return text.length * 3 > nameBytesMax && Buffer.byteLength(text) > nameBytesMax;
  }

  return intake;
}

/** Anything that is not a priority is normal: it never costs an event. */
function priorityOf(value: string): Priority {
  return value === 'high' || value === 'low' ? value : 'normal';
}

function schemaRefusal(faults: readonly Fault[]): Refusal {
  const named = faults
    .slice(0, FAULTS_NAMED_MAX)
    .map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
  const more = faults.length - named.length;
  return { code: faults[0]!.code, message: named.join('; ') + (more > 0 ? `; and ${more} more` : '') };
}
