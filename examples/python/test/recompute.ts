import { readFileSync } from 'node:fs';
import type { Order } from './orders.ts';

const MINUTE_MS = 60_000;
const BUSY = 150;
const LARGE = 990;

export interface Expected {
  /** By `GROUP START`. */
  readonly perCustomer: ReadonlyMap<string, { orders: number; total: number }>;
  readonly perCity: ReadonlyMap<string, { orders: number; total: number; largest: number }>;
  /** Ids. */
  readonly alerts: ReadonlySet<string>;
}

export function cities(): ReadonlyMap<string, string> {
  const [, ...lines] = readFileSync(new URL('../customers.csv', import.meta.url), 'utf8')
    .trim()
    .split('\n');
  return new Map(lines.map((line) => line.split(',') as [string, string]));
}

/** What pipeline.yaml makes of these orders, each of them once and all of them paid, by other means. */
export function recompute(paid: readonly Order[]): Expected {
  const cityOf = cities();
  const perCustomer = new Map<string, { orders: number; total: number }>();
  const perCity = new Map<string, { orders: number; total: number; largest: number }>();
  const alerts = new Set<string>();
  for (const { order_id, customer, amount, placed_at } of paid) {
    const start = Math.floor(placed_at / MINUTE_MS) * MINUTE_MS;
    const own = perCustomer.get(`${customer} ${start}`) ?? { orders: 0, total: 0 };
    perCustomer.set(`${customer} ${start}`, { orders: own.orders + 1, total: own.total + amount });
    if (own.orders + 1 > BUSY) alerts.add(`busy:per_customer:${customer}:${start}`);
    if (amount > LARGE) alerts.add(`large:${order_id}`);
    const city = cityOf.get(customer);
    if (city === undefined) continue;
    const its = perCity.get(`${city} ${start}`) ?? { orders: 0, total: 0, largest: 0 };
    perCity.set(`${city} ${start}`, {
      orders: its.orders + 1,
      total: its.total + amount,
      largest: Math.max(its.largest, amount),
    });
  }
  return { perCustomer, perCity, alerts };
}
