import {
  BUSY_ABOVE,
  CROWDED_ABOVE,
  LARGE_ABOVE,
  LONG_WINDOW_MS,
  SHOP_CITIES,
  WINDOW_MS,
} from './document.ts';
import type { Sale } from './sale.ts';

export interface WindowValues {
  readonly sales: number;
  readonly total: number;
  readonly largest: number;
}

/** What has to come of what was acknowledged, computed from the document's text alone. */
export interface Expected {
  /** Ids of events that are routed. */
  readonly routed: ReadonlySet<string>;
  /** Ids of dead letters, by the event's id. */
  readonly refused: ReadonlyMap<string, string>;
  /** By `windowKey`. */
  readonly windows: ReadonlyMap<string, WindowValues>;
  readonly alerts: ReadonlySet<string>;
}

export function windowKey(name: string, group: string, startMs: number): string {
  return `${name}:${group}:${startMs}`;
}

export function expectedOf(acknowledged: Iterable<readonly [id: string, sale: Sale]>): Expected {
  const routed = new Set<string>();
  const refused = new Map<string, string>();
  const windows = new Map<string, WindowValues>();
  const alerts = new Set<string>();
  for (const [id, sale] of acknowledged) {
    if (sale.amount <= 0) {
      refused.set(id, `${id}/validate/0`);
      continue;
    }
    routed.add(id);
    if (sale.amount > LARGE_ABOVE) alerts.add(`large:${id}`);
    const startMs = startOf(sale.at, WINDOW_MS);
    fold(windows, windowKey('per_card', sale.card, startMs), sale.amount);
    fold(windows, windowKey('per_card_long', sale.card, startOf(sale.at, LONG_WINDOW_MS)), sale.amount);
    const city = SHOP_CITIES.get(sale.shop_id);
    if (city !== undefined) fold(windows, windowKey('per_city', city, startMs), sale.amount);
  }
  for (const [key, { sales }] of windows) {
    if (key.startsWith('per_card:') && sales > BUSY_ABOVE) alerts.add(`busy:${key}`);
    if (key.startsWith('per_city:') && sales > CROWDED_ABOVE) alerts.add(`crowded:${key}`);
  }
  return { routed, refused, windows, alerts };
}

function startOf(timeMs: number, sizeMs: number): number {
  return Math.floor(timeMs / sizeMs) * sizeMs;
}

function fold(windows: Map<string, WindowValues>, key: string, amount: number): void {
  const { sales, total, largest } = windows.get(key) ?? { sales: 0, total: 0, largest: -Infinity };
  windows.set(key, { sales: sales + 1, total: total + amount, largest: Math.max(largest, amount) });
}
