import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openEmbedded } from '@millrace/embedded/open';
import { compile } from '@millrace/pipeline/compile';
import { eventually } from '@millrace/testkit/eventually';
import { catalogue } from './catalogue.ts';
import { type RunningPipeline, startPipeline } from './start-pipeline.ts';

const SCHEMA = JSON.stringify({
  type: 'record',
  name: 'Reading',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
  ],
});
const DOCUMENT = `
pipeline: readings
lanes: 1
event: { schema: ./reading.avsc, id: event.id, time: event.at }
sources: { api: { http: {} } }
`;
const MONTH_MS = 30 * 86_400_000;

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-lost-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function start(rebuild: boolean): Promise<RunningPipeline> {
  const path = join(folder, 'pipeline.yaml');
  writeFileSync(join(folder, 'reading.avsc'), SCHEMA);
  const { plan } = compile({ path, text: DOCUMENT, load: (file) => readFileSync(file, 'utf8'), catalogue });
  return startPipeline({
    plan: plan!,
    folder: join(folder, 'data'),
    logger: { info: () => {}, warn: () => {}, error: () => {} },
    env: {},
    stdout: { write: () => {} },
    listen: { host: '127.0.0.1', port: 0 },
    rebuild,
  });
}

test('without its saved state a lane whose first records are gone stops, until it is told to rebuild', async () => {
  const first = await start(false);
  await fetch(`${first.url}/v1/pipelines/readings/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"id":"a","at":1}',
  });
  await eventually('it to be processed', () => first.status().audit.processed === 1);
  await first.close();

  const clock = { now: () => Date.now() + MONTH_MS, sleep: async () => {} };
  const embedded = await openEmbedded(join(folder, 'data'), { lanes: 1, clock });
  expect(await embedded.expire()).toBeGreaterThan(0);
  await embedded.outputs.forget('readings');
  await embedded.close();

  await expect(start(false)).rejects.toMatchObject({
    code: 'state_lost',
    message: expect.stringMatching(
      /no saved state for lane 0, although readings\.raw begins at \d+.*--rebuild/,
    ),
  });
  const again = await start(true);
  await again.close();
});
