import type { Fields } from '../oracle/plan.ts';
import { LARGE } from './document.ts';
import type { Settings } from './settings.ts';

/** What validate must make of an event: the document's rules, written down a second time. */
export type Verdict =
  | { readonly kind: 'dropped' }
  | { readonly kind: 'rejected'; readonly stage: string; readonly code: string }
  | { readonly kind: 'passed'; readonly event: Fields; readonly flags: readonly string[] };

export function validated(
  settings: Settings,
  {
    payload,
    eventTime,
    ingestTime,
  }: { readonly payload: Uint8Array; readonly eventTime: number; readonly ingestTime: number },
): Verdict {
  const event = JSON.parse(new TextDecoder().decode(payload)) as Fields;
  const reject = (code: string): Verdict => ({ kind: 'rejected', stage: 'validate', code });
  if (typeof event.amount !== 'number') return reject('wrong_type');
  if (eventTime > ingestTime + settings.maxAheadMs) return reject('far_future');
  if (event.kind === 'test') return { kind: 'dropped' };
  if (event.amount <= 0) return reject('rule:positive');
  return { kind: 'passed', event, flags: event.amount < LARGE ? [] : ['moderate'] };
}

/** What enrich must make of it, for a row that the table may answer. */
export function enriched(
  settings: Settings,
  event: Fields,
  flags: readonly string[],
  row: Fields | null,
): Verdict {
  if (row === null && settings.missing === 'reject')
    return { kind: 'rejected', stage: 'enrich', code: 'place_missing' };
  const all = row === null && settings.missing === 'flag' ? [...flags, 'place_missing'] : flags;
  return { kind: 'passed', event: { ...event, place: row, flags: all }, flags: all };
}
