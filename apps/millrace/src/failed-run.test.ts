import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { compile } from '@millrace/pipeline/compile';
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
`;

let folder = '';
let pipeline: RunningPipeline | null = null;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-failed-'));
});
afterEach(async () => {
  await pipeline?.close();
  rmSync(folder, { recursive: true });
});

/** A run whose commits fail from the given one on. */
async function startFailing(from: number): Promise<RunningPipeline> {
  const path = join(folder, 'pipeline.yaml');
  writeFileSync(join(folder, 'reading.avsc'), SCHEMA);
  const load = (file: string) => readFileSync(file, 'utf8');
  const { plan, faults } = compile({ path, text: DOCUMENT, load, catalogue });
  if (plan === null) throw new Error(JSON.stringify(faults));
  let commits = 0;
  return startPipeline({
    plan,
    folder: join(folder, 'data'),
    logger: { info: () => {}, warn: () => {}, error: () => {} },
    env: {},
    stdout: { write: () => {} },
    listen: { host: '127.0.0.1', port: 0 },
    decorate: (ports) => ({
      ...ports,
      fused: {
        load: () => ports.fused.load(),
        grown: (topic, timeoutMs) => ports.fused.grown(topic, timeoutMs),
        commit: (transaction) =>
          ++commits >= from ? Promise.reject(new Error('the disk is full')) : ports.fused.commit(transaction),
      },
    }),
  });
}

test.each([1, 2])(
  'a run that fails at commit %d says so, and takes no events that nobody would read',
  async (from) => {
    pipeline = await startFailing(from);
    await expect(pipeline.finished).rejects.toThrow('the disk is full');
    expect(pipeline.status().state).toBe('stopped');
    const { status } = await fetch(`${pipeline.url}/v1/pipelines/readings/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ id: 'a', at: Date.now() }),
    });
    expect(status).toBe(503);
    expect(pipeline.status().audit.events).toBe(0);
  },
);
