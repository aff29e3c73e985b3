import { createCard, DAY_MS, DAYS, FIRST_DAY_MS, freeMoment, MINUTE_MS, type World } from './ordinary.ts';
import type { Label, Payment } from './payment.ts';

/** Payments of a card in a minute beyond which the pipeline alarms. */
const VELOCITY_MAX = 5;
/** Tiny payments at a merchant in ten minutes beyond which it alarms. */
const TESTED_MAX = 20;
const TEN_MINUTES_MS = 10 * MINUTE_MS;
/** From here on an amount is refused. */
const IMPOSSIBLE_CENTS = 10_000_000;
/** A card's payments before its amounts are known; the pipeline's warmup is 30. */
const KNOWN_AFTER = 40;
/** Nothing is planted on the last day: what comes after it closes its windows. */
const PLANTED_UNTIL_MS = FIRST_DAY_MS + (DAYS - 1) * DAY_MS;

/** Answers what it planted; nothing where there was no place for it. */
type Planter = (world: World) => readonly Label[];

/** How many of each are planted per 10,000 ordinary payments. */
export const plans: readonly { readonly plant: Planter; readonly per10k: number }[] = [
  // Outliers first: they change ordinary payments, and only those.
  { plant: outlier, per10k: 30 },
  { plant: velocity, per10k: 20 },
  { plant: almostVelocity, per10k: 15 },
  { plant: cardTesting, per10k: 3 },
  { plant: almostCardTesting, per10k: 3 },
  { plant: impossible, per10k: 40 },
  { plant: terminalTest, per10k: 20 },
  { plant: duplicate, per10k: 100 },
];

function velocity(world: World): readonly Label[] {
  const { random } = world;
  const card = random.pick(world.cards);
  const start = plantedMinute(() => freeMoment(world, card));
  const merchant = random.pick(world.merchants);
  const ids = burst(world, random.integer(VELOCITY_MAX + 1, 12), start, (at) =>
    world.pay(card, merchant, at),
  );
  return [{ kind: 'velocity', card: card.token, start: iso(start), payments: ids }];
}

/** Five in a minute; six across two; or five of which one is sent twice. */
function almostVelocity(world: World): readonly Label[] {
  const { random } = world;
  const card = random.pick(world.cards);
  const merchant = random.pick(world.merchants);
  const start = plantedMinute(() => freeMoment(world, card, 2));
  const almost = (payments: readonly string[]): Label => ({
    kind: 'almost',
    card: card.token,
    start: iso(start),
    payments,
  });
  const pay = (at: number): Payment => world.pay(card, merchant, at);
  if (random.unit() < 1 / 3) {
    const before = burst(world, 3, start, pay);
    return [almost([...before, ...burst(world, 3, start + MINUTE_MS, pay)])];
  }
  const ids = burst(world, VELOCITY_MAX, start, pay);
  if (random.unit() < 1 / 2) return [almost(ids)];
  const again = world.payments.at(-1)!;
  return [almost(ids), repeat(world, again)];
}

/** Someone tries stolen cards, none seen before, with tiny amounts at one merchant. */
function cardTesting(world: World): readonly Label[] {
  return testCards(world, 'card_testing', world.random.integer(TESTED_MAX + 1, 40));
}

function almostCardTesting(world: World): readonly Label[] {
  return testCards(world, 'almost_card_testing', TESTED_MAX);
}

function testCards(
  world: World,
  kind: 'card_testing' | 'almost_card_testing',
  count: number,
): readonly Label[] {
  const { random } = world;
  for (;;) {
    const merchant = random.pick(world.merchants);
    const start = Math.floor(world.moment() / TEN_MINUTES_MS) * TEN_MINUTES_MS;
    const place = `${merchant.id} ${start}`;
    if (start >= PLANTED_UNTIL_MS || world.planted.has(place)) continue;
    world.planted.add(place);
    const payments = Array.from({ length: count }, () => {
      const card = createCard(random, `card_${random.integer(100_000, 999_999)}_${world.payments.length}`);
      const cents = random.integer(50, 150);
      const at = start + random.integer(0, TEN_MINUTES_MS - 1);
      return world.pay(card, merchant, at, { cents, channel: 'online', device: null }).id;
    });
    return [{ kind, merchant: merchant.id, start: iso(start), payments }];
  }
}

/** One of a card's payments becomes 15 to 60 times its usual amount; once per card. */
function outlier(world: World): readonly Label[] {
  const { random } = world;
  const card = random.pick(world.cards);
  const known = world.payments
    .filter((payment) => payment.card === card.token)
    .sort((a, b) => a.paidAtMs - b.paidAtMs)
    .slice(KNOWN_AFTER);
  if (world.planted.has(card.token) || known.length === 0) return [];
  world.planted.add(card.token);
  const payment = random.pick(known);
  payment.cents = Math.round(card.usualCents * (15 + 45 * random.unit()));
  return [{ kind: 'outlier', payment: payment.id, card: card.token }];
}

function impossible(world: World): readonly Label[] {
  const { random } = world;
  const card = random.pick(world.cards);
  const cents = random.pick([
    0,
    -random.integer(1, 50_000),
    10_000_000,
    random.integer(10_000_001, 900_000_000),
  ]);
  const payment = world.pay(card, random.pick(world.merchants), freeMoment(world, card), { cents });
  return [{ kind: 'impossible', payment: payment.id }];
}

function terminalTest(world: World): readonly Label[] {
  const { random } = world;
  const card = createCard(random, `test_terminal_${random.integer(1, 9)}`);
  const payment = world.pay(card, random.pick(world.merchants), world.moment(), {
    cents: 100,
    channel: 'chip',
  });
  return [{ kind: 'terminal_test', payment: payment.id }];
}

function duplicate(world: World): readonly Label[] {
  const payment = world.random.pick(world.payments);
  // What is rejected or dropped has another outcome the first time.
  if (payment.cents <= 0 || payment.cents >= IMPOSSIBLE_CENTS || payment.card.startsWith('test_')) return [];
  return world.planted.has(payment.id) ? [] : [repeat(world, payment)];
}

/** The same payment once more, 4 to 20 seconds later than it came first. */
function repeat(world: World, payment: Payment): Label {
  world.planted.add(payment.id);
  const arrivesAtMs = payment.arrivesAtMs + world.random.integer(4_000, 20_000);
  world.payments.push({ ...payment, arrivesAtMs });
  return { kind: 'duplicate', payment: payment.id };
}

/** The start of a minute that `moment` finds, not on the last day. */
function plantedMinute(moment: () => number): number {
  for (;;) {
    const timeMs = moment();
    if (timeMs < PLANTED_UNTIL_MS) return Math.floor(timeMs / MINUTE_MS) * MINUTE_MS;
  }
}

function burst(
  { random }: World,
  count: number,
  start: number,
  pay: (atMs: number) => Payment,
): readonly string[] {
  return Array.from({ length: count }, () => pay(start + random.integer(0, MINUTE_MS - 1)).id);
}

const iso = (timeMs: number): string => new Date(timeMs).toISOString();
