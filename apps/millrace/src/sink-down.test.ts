import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
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
lanes: 2
event: { schema: ./reading.avsc, id: event.id, time: event.at }
sources: { api: { http: {} } }
route: [{ name: shown, to: [console] }]
`;
/** The bounds of a close are long for a test. */
const TIMES_AS_FAST = 20;
const CLOSE_MS_MAX = 20_000;

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-sink-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function start(stdout: { write(text: string): unknown }, keepTopics: boolean): Promise<RunningPipeline> {
  const path = join(folder, 'pipeline.yaml');
  writeFileSync(join(folder, 'reading.avsc'), SCHEMA);
  const load = (file: string) => readFileSync(file, 'utf8');
  const { plan, faults } = compile({ path, text: DOCUMENT, load, catalogue });
  if (plan === null) throw new Error(JSON.stringify(faults));
  return startPipeline({
    plan,
    folder: join(folder, 'data'),
    logger: { info: () => {}, warn: () => {}, error: () => {} },
    env: {},
    stdout,
    keepTopics,
    listen: { host: '127.0.0.1', port: 0 },
    clock: {
      now: () => Date.now() * TIMES_AS_FAST,
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms / TIMES_AS_FAST)),
    },
  });
}

test.each([false, true])(
  'a sink that is down does not hold a close up, and gets all of it after the next start (topics: %s)',
  async (keepTopics) => {
    let tries = 0;
    const down = {
      write: () => {
        tries++;
        throw new Error('the disk is full');
      },
    };
    const first = await start(down, keepTopics);
    const { status } = await fetch(`${first.url}/v1/pipelines/readings/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify([
        { id: 'a', at: 1 },
        { id: 'b', at: 2 },
      ]),
    });
    expect(status).toBe(202);
    await eventually('a second try', () => tries > 1);
    const before = Date.now();
    await first.close();
    expect((Date.now() - before) * TIMES_AS_FAST).toBeLessThan(CLOSE_MS_MAX);
    await first.finished;

    let shown = '';
    const second = await start({ write: (text) => (shown += text) }, keepTopics);
    try {
      await eventually('both processed', () => second.status().audit.processed === 2);
      expect([...shown.matchAll(/"id":"(\w)"/g)].map(([, id]) => id).sort()).toEqual(['a', 'b']);
    } finally {
      await second.close();
    }
  },
  60_000,
);
