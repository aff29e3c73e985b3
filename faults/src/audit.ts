/** What serve tells in `GET /v1/status`, as far as it is needed here. */
export interface Audit {
  readonly dropped: number;
  readonly rejected: number;
  readonly late: number;
  readonly processed: number;
  readonly inFlight: number;
  readonly balanced: boolean;
}

const ANSWER_WITHIN_MS = 5_000;

/** Of all that was ever acknowledged. */
export interface Acknowledged {
  routed: number;
  refused: number;
}

/** @throws Error where serve does not answer */
export async function readAudit(serve: string): Promise<Audit> {
  const response = await fetch(`${serve}/v1/status`, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
  const { pipelines } = (await response.json()) as { readonly pipelines: readonly { audit: Audit }[] };
  return pipelines[0]!.audit;
}

/** What serve's sum says that differs from what was acknowledged, in words; null: nothing. */
export async function imbalance(serve: string, { routed, refused }: Acknowledged): Promise<string | null> {
  let audit: Audit;
  try {
    audit = await readAudit(serve);
  } catch (error) {
    return `serve does not tell its audit: ${(error as Error).message}`;
  }
  const wanted = { dropped: 0, rejected: refused, late: 0, processed: routed, inFlight: 0, balanced: true };
  const wrong = Object.entries(wanted).filter(([name, value]) => audit[name as keyof Audit] !== value);
  if (wrong.length === 0) return null;
  const said = wrong.map(([name, value]) => `${name} ${audit[name as keyof Audit]} instead of ${value}`);
  return `the audit says ${said.join(', ')}`;
}

/** What went wrong in one row must not be held against the next. */
export async function acceptAudit(serve: string, acknowledged: Acknowledged): Promise<void> {
  const { processed, rejected } = await readAudit(serve);
  acknowledged.routed = processed;
  acknowledged.refused = rejected;
}
