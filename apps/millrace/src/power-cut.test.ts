import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { type Patch, planted } from '@millrace/testkit/plant';

const SEEDS = Number(process.env.MILLRACE_POWER_CUT_SEEDS ?? 5);
const SCRIPT = join(import.meta.dirname, 'fixtures/crash/power-cuts.ts');
/** It ends at the first that shows the bug. */
const BUG_SEEDS = 20;
const PER_SEED_MS = 20_000;

/** In a process of its own, since what a power cut leaves behind hangs. */
async function powerCuts(
  seeds: number,
  patches: readonly Patch[] = [],
): Promise<{ code: unknown; output: string }> {
  const plant = patches.length > 0 ? planted(patches) : { execArgv: [], env: {} };
  const child = spawn(process.execPath, [...plant.execArgv, SCRIPT, '0', String(seeds)], {
    env: { ...process.env, NODE_OPTIONS: '', ...plant.env },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const [code] = await once(child, 'close');
  return { code, output };
}

test(
  'a power cut takes nothing that was acknowledged, and what is computed again is the same',
  async () => {
    expect(await powerCuts(SEEDS)).toEqual({ code: 0, output: '' });
  },
  SEEDS * PER_SEED_MS,
);

const bugs: readonly (readonly [string, Patch])[] = [
  [
    'the store acknowledges what is not flushed',
    {
      file: 'libs/embedded/src/writer.ts',
      find: 'await disk.write(batch.ops).flushed',
      replace: 'await disk.write(batch.ops).committed',
    },
  ],
  [
    'ingest does not wait for the log',
    {
      file: 'apps/ingest/src/appender.ts',
      find: 'await sendBatch(lane, batch)',
      replace: 'void sendBatch(lane, batch)',
    },
  ],
  [
    'a request is answered before its events are acknowledged',
    {
      file: 'apps/ingest/src/sources/http.ts',
      find: 'await deadlines.within(appender.append(flows))',
      replace: 'void appender.append(flows)',
    },
  ],
];

test.each(bugs)(
  'it is found out when %s',
  async (_, patch) => {
    const { code, output } = await powerCuts(BUG_SEEDS, [patch]);
    expect(output).toMatch(/acknowledged by life \d+ \(power cut\) and gone/);
    expect(code).toBe(1);
  },
  BUG_SEEDS * PER_SEED_MS,
);
