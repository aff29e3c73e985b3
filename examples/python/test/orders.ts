/** An order as order.avsc has it; the receipt is too long for a number. */
export interface Order {
  readonly order_id: string;
  readonly customer: string;
  readonly amount: number;
  readonly receipt: bigint;
  readonly note: string | null;
  readonly items: readonly { readonly article: string; readonly count: number }[];
  readonly placed_at: number;
}

const CUSTOMERS = 8;
const NOTES = [null, 'bitte läuten', '📦 "fragile"', ''];
const RECEIPT = 2n ** 53n;
const SPAN_MS = 5 * 60_000;

/**
 * Orders over five minutes, in the order of their time.
 * @param start a whole minute
 */
export function orders(name: string, count: number, start: number): Order[] {
  return Array.from({ length: count }, (_, i) => ({
    order_id: `${name}-${i}`,
    // c7 orders fifteen times as often as c0.
    customer: `c${Math.floor(Math.sqrt(i % CUSTOMERS ** 2))}`,
    // Sums of quarters are exact in whatever order they are added. One in 500 is not paid.
    amount: i % 500 === 7 ? 0 : ((i * 37) % 4_000) / 4 + 0.25,
    receipt: RECEIPT + BigInt(i) * 1_000_003n,
    note: NOTES[i % NOTES.length]!,
    items: Array.from({ length: i % 3 }, (_, at) => ({ article: `a${at}`, count: i % 7 })),
    placed_at: start + Math.floor((i * SPAN_MS) / count),
  }));
}

/** Not in TypeScript's library yet. */
const { rawJSON: rawJson } = JSON as unknown as { rawJSON(text: string): unknown };

/** With every digit of its receipt. */
export function asLine(order: Order & { readonly traceparent?: string }): string {
  return `${JSON.stringify(order, (_, value) => (typeof value === 'bigint' ? rawJson(String(value)) : value))}\n`;
}
