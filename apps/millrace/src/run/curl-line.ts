import { systemClock } from '@millrace/lanes/ports/clock';
import type { Plan } from '@millrace/pipeline/plan';
import { exampleFor } from '@millrace/serve/example-for';

/** A line that sends an event: one that can be pasted into a shell; null where no source takes events as they are. */
export function curlLine({ pipeline, sources, event }: Plan, url: string): string | null {
  const source = sources.find(({ kind, map }) => kind === 'http' && map === null);
  if (source === undefined) return null;
  const example = JSON.stringify(exampleFor(event, systemClock.now()));
  const token = source.config.auth === undefined ? '' : " -H 'authorization: Bearer TOKEN'";
  const quoted = `'${example.replaceAll("'", `'\\''`)}'`;
  return `curl -H 'content-type: application/json'${token} ${url}/v1/pipelines/${pipeline}/events/${source.name} -d ${quoted}`;
}
