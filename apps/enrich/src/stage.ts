import { readEventJson } from '@millrace/lanes/event-json';
import { type Flow, reject } from '@millrace/lanes/flow';
import type { FlowOutput, Processor } from '@millrace/lanes/stage';
import { ExpressionError } from '@millrace/pipeline/expression-error';
import type { EnrichPlan, EventValue, Plan, Scope, TablePlan } from '@millrace/pipeline/plan';
import type { Row, Table } from './table.ts';

const STAGE = 'enrich';

/** validated + tables → enriched: adds each enrichment's row to the event, in document order. */
export function createEnrich(plan: Plan, tables: ReadonlyMap<string, Table>): Processor<Flow, FlowOutput> {
  const steps = plan.enrich.map((enrich) => createStep(plan, enrich, tables));
  const scope: Scope = {};

  function enrich(record: Flow): void {
    const { event, flags } = record;
    if (event === null)
      throw new Error(`event ${record.id} (seq ${record.seq}) came to enrich without its fields`);
    const flagsBefore = flags.length;
    scope.event = event;
    for (let index = 0; index < steps.length; index += 1) {
      if (addRow(record, event, steps[index]!, scope)) continue;
      // The dead letter holds what this stage was given.
      flags.length = flagsBefore;
      for (let done = 0; done < index; done += 1) delete event[steps[done]!.name];
      return;
    }
  }

  return {
    process(record, out) {
      if (record.kind === 'event' || resumes(record)) enrich(record);
      out.forward(record);
    },
    ...(steps.some(({ table }) => table.prepare !== undefined) && {
      prepare: (records: readonly Flow[]) => prepareSteps(records, steps),
    }),
  };
}

interface Step {
  readonly name: string;
  readonly match: EnrichPlan['match'];
  readonly missing: EnrichPlan['missing'];
  readonly flag: `${string}_missing`;
  readonly table: Table;
  /** A row with no other columns than those that the enrichment adds. */
  readonly view: (row: Row) => Row;
}

function createStep(plan: Plan, enrich: EnrichPlan, tables: ReadonlyMap<string, Table>): Step {
  const { name, match, missing } = enrich;
  const table = tables.get(enrich.table);
  const declared = plan.tables.find((candidate) => candidate.name === enrich.table);
  if (table === undefined || declared === undefined) {
    throw new Error(`enrichment ${name}: table ${enrich.table} was not opened`);
  }
  return { name, match, missing, flag: `${name}_missing`, table, view: createView(declared, enrich.add) };
}

/** Rows hold what all enrichments of their table add; another selection is made once per row and shared. */
function createView({ columns }: TablePlan, add: readonly string[]): (row: Row) => Row {
  if (add.length === columns.size) return (row) => row;
  const views = new WeakMap<Row, Row>();
  return (row) => {
    const known = views.get(row);
    if (known !== undefined) return known;
    const view = Object.freeze(Object.fromEntries(add.map((column) => [column, row[column] ?? null])));
    views.set(row, view);
    return view;
  };
}

/** False: the record is rejected now. */
function addRow(record: Flow, event: EventValue, step: Step, scope: Scope): boolean {
  let key: string | null;
  try {
    key = step.match(scope);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    reject(record, STAGE, 'expression_error', `enrichment ${step.name}: ${error.message}`);
    return false;
  }
  const row = key === null ? null : step.table.get(key);
  if (row !== null) {
    event[step.name] = step.view(row);
    return true;
  }
  event[step.name] = null;
  if (step.missing === 'flag') record.flags.push(step.flag);
  if (step.missing !== 'reject') return true;
  delete event[step.name];
  const what = key === null ? 'its key is null' : `its table has no row "${key}"`;
  reject(
    record,
    STAGE,
    step.flag,
    `enrichment ${step.name}: ${what}. Add the row and replay, or choose missing: flag.`,
  );
  return false;
}

/** Turns a replay for this stage into the event that it once refused. */
function resumes(record: Flow): boolean {
  if (record.kind !== 'replay' || record.stage !== STAGE) return false;
  try {
    // An unfused stage has read the event from its own bytes already.
    if (record.event === null) readEventJson(record);
  } catch (error) {
    reject(record, STAGE, 'bad_replay', (error as Error).message);
    return false;
  }
  record.kind = 'event';
  record.stage = '';
  return true;
}

/** One step after the other: a later one may look up what an earlier one added. */
async function prepareSteps(records: readonly Flow[], steps: readonly Step[]): Promise<void> {
  const events: EventValue[] = [];
  for (const record of records) {
    if ((record.kind === 'event' || resumes(record)) && record.event !== null) events.push(record.event);
  }
  for (const step of steps) {
    const keys = new Map<EventValue, string>();
    for (const event of events) {
      const key = keyOrNull(step, event);
      if (key !== null) keys.set(event, key);
    }
    await step.table.prepare?.(new Set(keys.values()));
    for (const event of events) {
      const key = keys.get(event);
      const row = key === undefined ? null : step.table.get(key);
      event[step.name] = row === null ? null : step.view(row);
    }
  }
}

/** A key that can't be computed is left to `process`, which makes the verdict. */
function keyOrNull(step: Step, event: EventValue): string | null {
  try {
    return step.match({ event });
  } catch {
    return null;
  }
}
