import type { Merchant, Payment } from './payment.ts';
import type { Random } from './random.ts';

export const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;
/** A Monday. */
export const FIRST_DAY_MS = Date.UTC(2026, 2, 2);
export const DAYS = 30;
/** About three a day and card. */
const PAYMENTS_PER_CARD = 100;
/** Payments in each hour of the day, one against another. */
const HOURS = [1, 1, 1, 1, 1, 2, 5, 9, 10, 8, 8, 10, 14, 11, 8, 8, 10, 13, 14, 11, 8, 6, 4, 2];
/** Deviation of an amount's logarithm from the card's usual one. */
const SPREAD = 0.45;
/** In cents; below it an online payment looks like card testing. */
const SMALLEST_CENTS = 300;
/** Below the pipeline's `out_of_order`, so that nothing is late. */
const DELAY_MAX_MS = 3_000;

export interface Card {
  readonly token: string;
  readonly usualCents: number;
  readonly device: string;
  /** Minutes in which it pays, or must not: never twice in one, but where it is planted. */
  readonly minutes: Set<number>;
}

/** People who pay now and then, and what it takes to plant payments among theirs. */
export interface World {
  readonly random: Random;
  readonly cards: readonly Card[];
  readonly merchants: readonly Merchant[];
  readonly payments: Payment[];
  /** What may be planted only once: a card's outlier, a merchant's ten minutes, a payment's repeat. */
  readonly planted: Set<string>;
  /** A moment of a day, as likely as people pay then. */
  moment(): number;
  pay(card: Card, merchant: Merchant, paidAtMs: number, change?: Partial<Payment>): Payment;
}

/** A world in which `count` ordinary payments have been made, each card's in minutes of their own. */
export function createWorld(random: Random, merchants: readonly Merchant[], count: number): World {
  const cards = Array.from({ length: Math.max(10, Math.round(count / PAYMENTS_PER_CARD)) }, (_, i) =>
    createCard(random, `card_${String(i).padStart(4, '0')}`),
  );
  const payments: Payment[] = [];
  const world: World = {
    random,
    cards,
    merchants,
    payments,
    planted: new Set(),
    moment() {
      const day = random.integer(0, DAYS - 1);
      const minute = random.weighted(HOURS) * 60 + random.integer(0, 59);
      return FIRST_DAY_MS + day * DAY_MS + minute * MINUTE_MS + random.integer(0, MINUTE_MS - 1);
    },
    pay(card, merchant, paidAtMs, change = {}) {
      const channel = random.pick(['chip', 'contactless', 'contactless', 'online'] as const);
      const payment: Payment = {
        id: `p${String(payments.length).padStart(7, '0')}`,
        card: card.token,
        merchant,
        cents: Math.max(SMALLEST_CENTS, Math.round(card.usualCents * Math.exp(SPREAD * random.normal()))),
        channel,
        device: channel === 'online' && random.unit() < 0.97 ? card.device : null,
        paidAtMs,
        arrivesAtMs: paidAtMs + random.integer(0, DELAY_MAX_MS),
        ...change,
      };
      payments.push(payment);
      return payment;
    },
  };
  for (let i = 0; i < count; i++) {
    const card = random.pick(cards);
    world.pay(card, random.pick(merchants), freeMoment(world, card));
  }
  return world;
}

export function createCard(random: Random, token: string): Card {
  const usualCents = Math.round(2_500 * Math.exp(0.5 * random.normal()));
  return { token, usualCents, device: `device_${random.integer(100_000, 999_999)}`, minutes: new Set() };
}

/** In a minute in which the card doesn't pay yet, with `minutes` free ones from it; they are taken by this. */
export function freeMoment({ moment }: World, card: Card, minutes = 1): number {
  for (;;) {
    const timeMs = moment();
    const first = Math.floor(timeMs / MINUTE_MS);
    const wanted = Array.from({ length: minutes }, (_, i) => first + i);
    if (wanted.some((minute) => card.minutes.has(minute))) continue;
    for (const minute of wanted) card.minutes.add(minute);
    return timeMs;
  }
}
