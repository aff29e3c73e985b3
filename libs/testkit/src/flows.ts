import { createFlow, type Flow, type FlowKind } from '@millrace/lanes/flow';
import type {
  AggregateOutput,
  MergeOutput,
  Processor,
  RouteOutput,
  StateChanges,
} from '@millrace/lanes/stage';

const encoder = new TextEncoder();

/** A record of one kind with some fields set. */
export function flowOf(kind: FlowKind, parts: Partial<Flow> = {}): Flow {
  return Object.assign(createFlow(kind), parts);
}

/** An event as ingest writes it: JSON bytes, not read yet. Its id, key and time are the payment's. */
export function rawEvent(record: Readonly<Record<string, unknown>>, parts: Partial<Flow> = {}): Flow {
  const payload = encoder.encode(JSON.stringify(record));
  return flowOf('event', { ...headerOf(record), contentType: 'application/json', payload, ...parts });
}

/** An event as it leaves validate. */
export function readEvent(event: Readonly<Record<string, unknown>>, parts: Partial<Flow> = {}): Flow {
  const flags = parts.flags ?? [];
  return flowOf('event', { ...headerOf(event), event: { ...event, flags }, flags, ...parts });
}

function headerOf(record: Readonly<Record<string, unknown>>): Partial<Flow> {
  return {
    seq: 0,
    source: 'api',
    id: String(record.payment_id),
    key: String(record.card),
    eventTime: Number(record.paid_at),
    ingestTime: 1_700_000_000_000,
  };
}

/** The outputs of every stage in one. */
export type AnyOutput = AggregateOutput & MergeOutput & RouteOutput;
/** The output's method and what it was given, as it was at that moment. */
export type Made = readonly [method: keyof AnyOutput, ...values: unknown[]];

/** Notes every output with a copy of its values: records are changed further on. */
export function createRecorder(): { readonly out: AnyOutput; readonly made: Made[] } {
  const made: Made[] = [];
  const note =
    (method: keyof AnyOutput) =>
    (...values: unknown[]) => {
      made.push([method, ...structuredClone(values)]);
    };
  const out: AnyOutput = {
    forward: note('forward'),
    window: (view) => note('window')(view.result()),
    alert: note('alert'),
    partial: note('partial'),
    everyPartial: true,
    lateMerge: note('lateMerge'),
    store: note('store'),
    append: note('append'),
    deliver: note('deliver'),
  };
  return { out, made };
}

/** What each record makes a processor do. */
export async function outputsOf<Input>(
  processor: Processor<Input, AnyOutput>,
  inputs: readonly Input[],
): Promise<Made[][]> {
  const outputs: Made[][] = [];
  for (const input of inputs) {
    const { out, made } = createRecorder();
    await processor.prepare?.([input]);
    processor.process(input, out);
    outputs.push(made);
  }
  return outputs;
}

/** The records that a stage forwards for the given ones. */
export async function forwardedBy(
  processor: Processor<Flow, AnyOutput>,
  records: readonly Flow[],
): Promise<Flow[]> {
  const outputs = await outputsOf(processor, records);
  return outputs.flat().flatMap(([method, flow]) => (method === 'forward' ? [flow as Flow] : []));
}

/** Entries as a state store would keep them from drain to drain. */
export class SavedEntries implements StateChanges {
  readonly entries = new Map<string, Uint8Array>();
  put(key: string, value: Uint8Array): void {
    this.entries.set(key, value.slice());
  }
  remove(key: string): void {
    this.entries.delete(key);
  }
}
