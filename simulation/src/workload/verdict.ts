import type { Fields } from '../oracle/plan.ts';
import type { LaneRecord } from '../oracle/record.ts';
import { LARGE } from './document.ts';
import type { Settings } from './settings.ts';

/** A record of raw, with the bytes that came in. */
export interface RawRecord extends LaneRecord {
  readonly payload: Uint8Array | null;
  /** Of `opened`. */
  readonly partName: string;
}

/** What validate and enrich must make of a record of raw: the document's rules, written down a second time. */
export type Verdict =
  | { readonly kind: 'dropped' }
  | { readonly kind: 'rejected'; readonly stage: string; readonly code: string }
  | { readonly kind: 'event'; readonly event: Fields; readonly eventTime: number }
  /** Passed on as it is. */
  | { readonly kind: 'tick' | 'opened' | 'replay' };

/** One verdict for each row that the look-up may answer; a single one where nothing is looked up. */
export function verdicts(
  settings: Settings,
  record: RawRecord,
  answers: (key: string | null) => readonly (Fields | null)[],
): Verdict[] {
  const { kind, stage, code, event, eventTime } = record;
  if (kind === 'rejected') return [{ kind, stage, code }];
  if (kind === 'replay' && stage === 'enrich') {
    return lookedUp(settings, { kind: 'event', event: event!, eventTime }, answers);
  }
  const isForValidate =
    kind === 'event' || (kind === 'replay' && (stage === 'ingest' || stage === 'validate'));
  if (!isForValidate) return [{ kind }];
  const verdict = validated(settings, record);
  return verdict.kind === 'event' ? lookedUp(settings, verdict, answers) : [verdict];
}

export function isDropped(settings: Settings, record: RawRecord): boolean {
  return verdicts(settings, record, () => [null])[0]?.kind === 'dropped';
}

type Passed = Extract<Verdict, { kind: 'event' }>;

function validated(settings: Settings, record: RawRecord): Verdict {
  const reject = (code: string): Verdict => ({ kind: 'rejected', stage: 'validate', code });
  const event = parsed(record.payload!);
  if (event === null) return reject('malformed_json');
  if (typeof event.amount !== 'number') return reject('wrong_type');
  // A replay comes without a time of its own.
  const eventTime = record.kind === 'event' ? record.eventTime : Number(event.at);
  if (eventTime > record.ingestTime + settings.maxAheadMs) return reject('far_future');
  if (event.kind === 'test') return { kind: 'dropped' };
  if (event.amount <= 0) return reject('rule:positive');
  const flags = event.amount < LARGE ? [] : ['moderate'];
  return { kind: 'event', event: { ...event, flags }, eventTime };
}

function lookedUp(
  { missing }: Settings,
  { kind, event, eventTime }: Passed,
  answers: (key: string | null) => readonly (Fields | null)[],
): Verdict[] {
  return answers(event.zone as string | null).map((row) => {
    if (row === null && missing === 'reject')
      return { kind: 'rejected', stage: 'enrich', code: 'place_missing' };
    const flags = [
      ...(event.flags as string[]),
      ...(row === null && missing === 'flag' ? ['place_missing'] : []),
    ];
    return { kind, event: { ...event, place: row, flags }, eventTime };
  });
}

function parsed(payload: Uint8Array): Fields | null {
  try {
    return JSON.parse(new TextDecoder().decode(payload)) as Fields;
  } catch {
    return null;
  }
}
