import type { Settings, WindowSettings } from './settings.ts';

/** Fields of the events, as the pipeline and the oracle see them. `zone` may be null. */
export const EVENT_SCHEMA = {
  type: 'record',
  name: 'Reading',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'device', type: 'string' },
    { name: 'zone', type: ['null', 'string'], default: null },
    { name: 'amount', type: 'double' },
    { name: 'kind', type: 'string' },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
  ],
} as const;

/** From here on an amount is flagged, routed and an alert. */
export const LARGE = 90;
export const BUSY = 3;
export const CROWDED = 4;
export const ZSCORE = { threshold: 1.5, half_life: '1h', warmup: 3 } as const;

const BY: Readonly<Record<WindowSettings['name'], string>> = {
  per_device: 'event.device',
  per_zone: 'event.zone',
  per_rank: 'event.place.rank',
};

/** The pipeline's document in the typed form. */
export function documentOf(settings: Settings): Record<string, unknown> {
  const { ids, http, files } = settings;
  return {
    pipeline: 'sim',
    lanes: settings.lanes,
    event: {
      schema: EVENT_SCHEMA,
      ...(ids && { id: 'event.id' }),
      key: 'event.device',
      time: 'event.at',
    },
    time: {
      out_of_order: `${settings.outOfOrderMs}ms`,
      max_ahead: `${settings.maxAheadMs}ms`,
      idle: `${settings.idleMs}ms`,
      dedupe: `${settings.dedupeMs}ms`,
      keep: `${settings.keepMs}ms`,
    },
    sources: {
      ...(http && { api: { http: {} } }),
      history: {
        file: {
          path: files === 'two_parts' ? './history/*' : './history/first.ndjson',
          format: 'ndjson',
          pace: `${settings.pace}/s`,
        },
      },
      ...(files === 'two_sources' && {
        archive: { file: { path: './archive/second.ndjson', format: 'ndjson', pace: `${settings.pace}/s` } },
      }),
    },
    validate: {
      rules: [
        { name: 'not_test', check: 'event.kind != "test"', otherwise: 'drop' },
        { name: 'positive', check: 'event.amount > 0', otherwise: 'reject' },
        { name: 'moderate', check: `event.amount < ${LARGE}`, otherwise: 'flag' },
      ],
    },
    tables: { places: { moody: {}, primary: 'id', columns: { rank: 'string', risk: 'double' } } },
    enrich: [
      {
        name: 'place',
        table: 'places',
        match: 'event.zone',
        add: ['rank', 'risk'],
        missing: settings.missing,
      },
    ],
    aggregate: settings.windows.map(windowOf),
    detect: detectorsOf(settings),
    route: [
      { name: 'large', when: `event.amount >= ${LARGE}`, to: [{ store: 'events' }] },
      ...(settings.watched
        ? [
            { name: 'zones', from: 'windows.per_zone', to: [{ topic: 'zones' }] },
            { name: 'alarms', from: 'alerts', to: [{ topic: 'alarms' }] },
          ]
        : []),
    ],
  };
}

function windowOf({ name, sizeMs, latenessMs, emit, onLate }: WindowSettings): Record<string, unknown> {
  return {
    name,
    by: BY[name],
    window: { tumbling: `${sizeMs}ms` },
    lateness: `${latenessMs}ms`,
    emit,
    on_late: onLate,
    ...(name === 'per_zone' && { when: 'event.kind != "quiet"' }),
    compute: { n: 'count()', total: 'sum(event.amount)', top: 'max(event.amount)' },
  };
}

function detectorsOf({ windows, keepMs }: Settings): Record<string, unknown>[] {
  const zscore = { method: { zscore: { ...ZSCORE, forget_after: `${keepMs}ms` } } };
  return [
    { name: 'large', when: `event.amount >= ${LARGE}`, severity: 'high' },
    { name: 'odd', by: 'event.device', value: 'event.amount', ...zscore },
    { name: 'busy', on: 'windows.per_device', when: `window.n >= ${BUSY}`, once_per: 'window' },
    { name: 'jump', on: 'windows.per_device', value: 'window.total', ...zscore },
    {
      name: 'crowd',
      on: 'windows.per_zone',
      when: `window.n >= ${CROWDED}`,
      once_per: 'window',
      severity: 'low',
    },
    { name: 'swing', on: 'windows.per_zone', value: 'window.total', ...zscore },
    ...(windows.some(({ name }) => name === 'per_rank')
      ? [{ name: 'ranked', on: 'windows.per_rank', when: `window.n >= ${BUSY}` }]
      : []),
  ];
}
