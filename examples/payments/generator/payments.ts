import { plans } from './frauds.ts';
import { createWorld } from './ordinary.ts';
import type { Label, Merchant, Payment } from './payment.ts';
import { createRandom } from './random.ts';

export interface Generated {
  /** The acquirer's export, as `sources.history` of the pipeline reads it. */
  readonly csv: string;
  readonly rows: number;
  readonly labels: readonly Label[];
}

const HEADER = 'reference;card;merchant;amount;currency;channel;device;time';

/**
 * A month of card payments, `count` of them ordinary, and frauds planted among them. Ordinary payments never look
 * like one of the frauds that a rule finds exactly. The same for the same arguments, on any machine.
 */
export function generatePayments(seed: number, count: number, merchants: readonly Merchant[]): Generated {
  const world = createWorld(createRandom(seed), merchants, count);
  const labels = plans.flatMap(({ plant, per10k }) =>
    Array.from({ length: Math.ceil((count * per10k) / 10_000) }, () => plant(world)).flat(),
  );
  const rows = world.payments.toSorted((a, b) => a.arrivesAtMs - b.arrivesAtMs).map(rowOf);
  return { csv: `${[HEADER, ...rows].join('\n')}\n`, rows: rows.length, labels };
}

function rowOf({ id, card, merchant, cents, channel, device, paidAtMs }: Payment): string {
  const time = new Date(paidAtMs).toISOString().replace('T', ' ').replace('Z', '');
  return [
    id,
    card,
    merchant.id,
    (cents / 100).toFixed(2),
    merchant.currency,
    channel,
    device ?? '',
    time,
  ].join(';');
}
