import type { Counts } from '@millrace/lanes/audit';
import { badTime, eventTimeOf } from '@millrace/lanes/event-time';
import { type Flow, NO_TIME, reject } from '@millrace/lanes/flow';
import { decodePayload, type Payload, PayloadError } from '@millrace/lanes/payload';
import { rowOf } from '@millrace/lanes/row-parameter';
import { createSourceMap, eventFields } from '@millrace/lanes/source-map';
import type { FlowOutput, Processor } from '@millrace/lanes/stage';
import { ExpressionError } from '@millrace/pipeline/expression-error';
import type { EventValue, Plan, RulePlan, Scope } from '@millrace/pipeline/plan';
import { faultCode, faultMessage } from './faults.ts';

const STAGE = 'validate';

/**
 * raw → validated: reads the original bytes, maps them to the event, checks the schema, cleans, and judges by the
 * rules. A record whose cleaning changes what its id, key or time came from keeps its lane, id and time.
 * @param counts of the lane, kept by the kernel: `dropped` grows here, where alone it is known.
 */
export function createValidate(plan: Plan, counts: Counts): Processor<Flow, FlowOutput> {
  const read = createReader(plan);
  const clean = createCleaner(plan);
  const judge = createJudge(plan.validate.rules);
  const { maxAheadMs } = plan.time;

  function validate(record: Flow): 'forward' | 'drop' {
    const event = read(record);
    if (event === null) return 'forward';
    if (record.eventTime > record.ingestTime + maxAheadMs) {
      rejectFarFuture(record, maxAheadMs);
      return 'forward';
    }
    if (clean !== null && !clean(record, event)) return 'forward';
    event.flags = record.flags;
    return judge(record, event);
  }

  return {
    process(record, out) {
      if (record.kind === 'replay' && (record.stage === STAGE || record.stage === 'ingest')) {
        // What ingest refused comes here as well: it has an id and a lane by now.
        record.kind = 'event';
        record.stage = '';
      } else if (record.kind !== 'event') {
        out.forward(record);
        return;
      }
      if (validate(record) === 'forward') out.forward(record);
      else counts.dropped += 1;
    },
  };
}

/** Answers the event that the payload holds, or null after it has rejected the record. */
function createReader(plan: Plan): (record: Flow) => EventValue | null {
  const { codec, time, schema } = plan.event;
  const { unknownFields } = plan.validate;
  const maps = new Map(
    plan.sources.map((source) => [source.name, createSourceMap(source, eventFields(schema))]),
  );
  const textualOptions = { textual: true, unknownFields };
  const typedOptions = { textual: false, unknownFields };

  return (record) => {
    const decoded = decode(record);
    if (decoded === null) return null;
    let step: 'map' | 'event.time' = 'map';
    try {
      const map = maps.get(record.source) ?? null;
      const row = record.attempt === 0 ? record.position : rowOf(record.contentType);
      const mapped = map === null ? decoded.record : map(decoded.record, row);
      const result = codec.read(mapped, decoded.textual ? textualOptions : typedOptions);
      if (result.event === null) {
        reject(record, STAGE, faultCode(result.faults), faultMessage(result.faults));
        return null;
      }
      if (record.eventTime === NO_TIME) {
        // Only a replay comes without: what it replays may have been unreadable.
        step = 'event.time';
        const given = time({ event: result.event });
        const eventTime = eventTimeOf(given);
        if (eventTime === null) {
          reject(record, STAGE, 'bad_time', badTime(given));
          return null;
        }
        record.eventTime = eventTime;
      }
      return result.event;
    } catch (error) {
      rejectUnevaluated(record, step === 'map' ? `map of source ${record.source}` : step, error);
      return null;
    }
  };
}

function decode(record: Flow): Payload | null {
  if (record.payload === null)
    throw new Error(`event ${record.id} (seq ${record.seq}) came without a payload`);
  try {
    return decodePayload(record.contentType, record.payload);
  } catch (error) {
    if (!(error instanceof PayloadError)) throw error;
    reject(record, STAGE, error.code, error.message);
    return null;
  }
}

/** Null: nothing to clean. Otherwise it cleans the event in place; false after it has rejected the record. */
function createCleaner(plan: Plan): ((record: Flow, event: EventValue) => boolean) | null {
  const { clean } = plan.validate;
  if (clean.length === 0) return null;
  const reader = plan.event.codec.partial([...new Set(clean.map(({ field }) => field))]);
  const options = { textual: false, unknownFields: 'reject' } as const;
  const scope: Scope = {};

  return (record, event) => {
    scope.event = event;
    for (const { field, value } of clean) {
      try {
        event[field] = value(scope);
      } catch (error) {
        rejectUnevaluated(record, `clean ${field}`, error);
        return false;
      }
    }
    const fitted = reader.read(event, options);
    if (fitted.event !== null) {
      Object.assign(event, fitted.event);
      return true;
    }
    const faults = faultMessage(fitted.faults);
    reject(record, STAGE, 'clean_failed', `after cleaning, the event no longer fits the schema: ${faults}`);
    return false;
  };
}

/** Judges by the rules in order. The record has its event unless it was rejected. */
function createJudge(rules: readonly RulePlan[]): (record: Flow, event: EventValue) => 'forward' | 'drop' {
  const scope: Scope = {};
  return (record, event) => {
    scope.event = event;
    for (let index = 0; index < rules.length; index += 1) {
      const rule = rules[index]!;
      try {
        if (rule.check(scope)) continue;
      } catch (error) {
        rejectUnevaluated(record, `rule ${rule.name}`, error);
        return 'forward';
      }
      if (rule.otherwise === 'drop') return 'drop';
      if (rule.otherwise === 'reject') {
        reject(record, STAGE, `rule:${rule.name}`, rule.message);
        return 'forward';
      }
      record.flags.push(rule.name);
    }
    record.event = event;
    return 'forward';
  };
}

function rejectUnevaluated(record: Flow, what: string, error: unknown): void {
  if (!(error instanceof ExpressionError)) throw error;
  reject(record, STAGE, 'expression_error', `${what}: ${error.message}`);
}

function rejectFarFuture(record: Flow, maxAheadMs: number): void {
  const ahead = Math.round((record.eventTime - record.ingestTime) / 1000);
  reject(
    record,
    STAGE,
    'far_future',
    `its time ${isoTime(record.eventTime)} is ${ahead} s after it arrived (time.max_ahead is ${maxAheadMs / 1000} s). ` +
      "Check the sender's clock and the unit of the time field.",
  );
}

/** Any finite number, also one that is no date (microseconds given as milliseconds). */
function isoTime(timeMs: number): string {
  const date = new Date(timeMs);
  return Number.isNaN(date.getTime()) ? String(timeMs) : date.toISOString();
}
