import type { OracleAlert } from '../oracle/detectors.ts';
import type { OracleResult } from '../oracle/windows.ts';
import type { Broker } from '../world/broker.ts';
import { differences, setDifferences } from './differences.ts';
import type { Truths } from './verify.ts';

/**
 * What the routes `zones` and `alarms` append to topics of the user's: each result of `per_zone` in its order, each
 * alert. Fused exactly once; unfused at least once, the repeats being those of a prefix.
 */
export function verifyUserTopics(
  broker: Broker,
  { lanes, merges }: Truths,
  exactly: 'once' | 'at least once',
): string[] {
  const read = (topic: string, lane: number) =>
    broker
      .read(topic, lane, 0, Number.MAX_SAFE_INTEGER)
      .records.map(({ value }) => Buffer.from(value).toString());
  const once = (texts: readonly string[]) => (exactly === 'once' ? [...texts] : [...new Set(texts)]);
  const texts = (items: readonly object[]) => once(items.map((item) => JSON.stringify(item)));
  return merges.flatMap((merge, lane) => [
    ...differences(
      `topic zones, lane ${lane}`,
      merge.results.filter(({ name }) => name === 'per_zone').map(plainResult),
      once(read('zones', lane)).map((text) => plainResult(JSON.parse(text))),
    ),
    ...setDifferences(
      `topic alarms, lane ${lane}`,
      texts([...lanes[lane]!.alerts, ...merge.alerts].map(plainAlert)),
      texts(read('alarms', lane).map((text) => plainAlert(JSON.parse(text)))),
    ),
  ]);
}

function plainResult({ name, group, start, end, revision, final, values }: OracleResult) {
  return { name, group, start, end, revision, final, values };
}

function plainAlert({ id, name, group, severity, time, value, score, eventId, window }: OracleAlert) {
  return { id, name, group, severity, time, value, score, eventId, window };
}
