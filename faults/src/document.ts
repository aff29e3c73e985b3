import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the pipeline below is told; the recomputation goes by the same numbers. */
export const LANES = 4;
export const WINDOW_MS = 60_000;
/** So long that a window is open from before a fault until after it: what the state has lost by then is missing in it. */
export const LONG_WINDOW_MS = 30 * 60_000;
export const ROUTE = 'all';
export const SOURCE = 'api';
/** An alert for each event above it. */
export const LARGE_ABOVE = 970;
/** An alert for each window of a key that counts more. */
export const BUSY_ABOVE = 8;
/** An alert for each window of a city that counts more. */
export const CROWDED_ABOVE = 170;

export const CITIES: readonly string[] = ['Aarau', 'Basel', 'Chur', 'Davos', 'Genève', 'Locarno', 'Zürich'];
const SHOPS = 40;

/** Of the shops, those that the table has. The others leave an event without a city. */
export const SHOP_CITIES: ReadonlyMap<string, string> = new Map(
  Array.from({ length: SHOPS - 2 }, (_, i) => [shopId(i), CITIES[i % CITIES.length]!]),
);
export const SHOP_IDS: readonly string[] = Array.from({ length: SHOPS }, (_, i) => shopId(i));

function shopId(index: number): string {
  return `s${index}`;
}

/** The topic that all routed events go to. */
export function outTopic(pipeline: string): string {
  return `${pipeline}.out`;
}

const schema = {
  type: 'record',
  name: 'Sale',
  fields: [
    { name: 'card', type: 'string' },
    { name: 'shop_id', type: 'string' },
    { name: 'amount', type: 'double' },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
  ],
};

/** Writes the document with its schema and table. @returns the document's path */
export function writeDocument(folder: string, pipeline: string): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'pipeline.yaml');
  const rows = [...SHOP_CITIES].map(([id, city]) => `${id},${city}\n`);
  writeFileSync(join(folder, 'sale.avsc'), JSON.stringify(schema));
  writeFileSync(join(folder, 'shops.csv'), `id,city\n${rows.join('')}`);
  writeFileSync(path, documentText(pipeline));
  return path;
}

/** Events come up to a minute late while clients repeat what was not answered, and must not be late for it. */
function documentText(pipeline: string): string {
  return `pipeline: ${pipeline}
lanes: ${LANES}
event: { schema: ./sale.avsc, key: event.card, time: event.at }
time: { out_of_order: 4m, idle: 5m }
sources: { ${SOURCE}: { http: {} } }
validate:
  rules: [{ name: positive, check: event.amount > 0.0, otherwise: reject }]
tables: { shops: { file: ./shops.csv, primary: id } }
enrich: [{ name: shop, table: shops, match: event.shop_id, add: [city], missing: flag }]
aggregate:
  - name: per_card
    by: event.card
    window: { tumbling: ${WINDOW_MS / 1000}s }
    emit: updates
    compute: { sales: count(), total: sum(event.amount), largest: max(event.amount) }
  - name: per_city
    by: event.shop.city
    window: { tumbling: ${WINDOW_MS / 1000}s }
    compute: { sales: count(), total: sum(event.amount), largest: max(event.amount) }
  - name: per_card_long
    by: event.card
    window: { tumbling: ${LONG_WINDOW_MS / 1000}s }
    compute: { sales: count(), total: sum(event.amount), largest: max(event.amount) }
detect:
  - { name: large, when: 'event.amount > ${LARGE_ABOVE}.0', value: event.amount }
  - { name: busy, on: windows.per_card, when: window.sales > ${BUSY_ABOVE}, value: window.sales, once_per: window }
  - { name: crowded, on: windows.per_city, when: window.sales > ${CROWDED_ABOVE}, value: window.sales, once_per: window }
route:
  - name: ${ROUTE}
    to:
      - store: events
      - topic: ${outTopic(pipeline)}
`;
}
