import type { Fields, OracleDetector, OracleMethod, OraclePlan, OracleWindow } from '../oracle/plan.ts';
import { BUSY, CROWDED, LARGE } from './document.ts';
import type { Settings, WindowSettings } from './settings.ts';

/**
 * The same pipeline as `documentOf`, written down a second time as plain functions.
 * @param zscore the library's method: what it computes is proved by its own tests, who asks it when is proved here.
 */
export function oraclePlanOf(settings: Settings, zscore: OracleMethod): OraclePlan {
  const { windows, http, files, ids, ...times } = settings;
  return {
    ...times,
    checksIds: ids,
    sources: [
      ...(http ? [{ name: 'api', kind: 'http', finite: false } as const] : []),
      { name: 'history', kind: 'file', finite: true },
      ...(files === 'two_sources' ? [{ name: 'archive', kind: 'file', finite: true } as const] : []),
    ],
    windows: windows.map(oracleWindow),
    detectors: oracleDetectors(settings, zscore),
    failsOn: () => false,
  };
}

const BY: Readonly<Record<WindowSettings['name'], (event: Fields) => string | null>> = {
  per_device: (event) => text(event.device),
  per_zone: (event) => text(event.zone),
  per_rank: (event) => text((event.place as Fields | null)?.rank),
};

function oracleWindow({ name, sizeMs, latenessMs, emit, onLate }: WindowSettings): OracleWindow {
  return {
    name,
    local: name === 'per_device',
    sizeMs,
    everyMs: sizeMs,
    latenessMs,
    emit,
    onLate,
    by: BY[name],
    when: (event) => name !== 'per_zone' || event.kind !== 'quiet',
    compute: (events) => {
      const amounts = events.map((event) => Number(event.amount));
      return {
        n: amounts.length,
        total: amounts.reduce((sum, amount) => sum + amount, 0),
        top: Math.max(...amounts),
      };
    },
  };
}

function oracleDetectors({ windows, keepMs }: Settings, zscore: OracleMethod): OracleDetector[] {
  const method = { ...zscore, forgetAfterMs: keepMs };
  const amount = (event: Fields) => Number(event.amount);
  const total = (window: Fields) => Number(window.total);
  const atLeast = (n: number) => (window: Fields) => Number(window.n) >= n;
  const ranked = windows.some(({ name }) => name === 'per_rank');
  return [
    {
      name: 'large',
      window: null,
      when: (event) => amount(event) >= LARGE,
      ...ALERT,
      severity: 'high',
    },
    { name: 'odd', window: null, by: (event) => text(event.device), value: amount, method, ...ALERT },
    { name: 'busy', window: 'per_device', when: atLeast(BUSY), ...ALERT, oncePerWindow: true },
    { name: 'jump', window: 'per_device', value: total, method, ...ALERT },
    {
      name: 'crowd',
      window: 'per_zone',
      when: atLeast(CROWDED),
      ...ALERT,
      oncePerWindow: true,
      severity: 'low',
    },
    { name: 'swing', window: 'per_zone', value: total, method, ...ALERT },
    ...(ranked ? [{ name: 'ranked', window: 'per_rank', when: atLeast(BUSY), ...ALERT } as const] : []),
  ];
}

const ALERT = { oncePerWindow: false, severity: 'medium' } as const;

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
