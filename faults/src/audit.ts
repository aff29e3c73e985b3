/** What serve tells in `GET /v1/status`, as far as it is needed here. */
interface Audit {
  readonly dropped: number;
  readonly rejected: number;
  readonly late: number;
  readonly processed: number;
  readonly inFlight: number;
  readonly balanced: boolean;
}

const ANSWER_WITHIN_MS = 5_000;

/** What serve's sum says that differs from what was acknowledged, in words; null: nothing. */
export async function imbalance(
  serve: string,
  { routed, refused }: { readonly routed: number; readonly refused: number },
): Promise<string | null> {
  let audit: Audit;
  try {
    const response = await fetch(`${serve}/v1/status`, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    const { pipelines } = (await response.json()) as { readonly pipelines: readonly { audit: Audit }[] };
    audit = pipelines[0]!.audit;
  } catch (error) {
    return `serve does not tell its audit: ${(error as Error).message}`;
  }
  const wanted = { dropped: 0, rejected: refused, late: 0, processed: routed, inFlight: 0, balanced: true };
  const wrong = Object.entries(wanted).filter(([name, value]) => audit[name as keyof Audit] !== value);
  if (wrong.length === 0) return null;
  const said = wrong.map(([name, value]) => `${name} ${audit[name as keyof Audit]} instead of ${value}`);
  return `the audit says ${said.join(', ')}`;
}
