import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { type Patch, planted } from '@millrace/testkit/plant';
import { cutPowerOnce } from './fixtures/power-cut.ts';

const SEEDS = 200;

test(`nothing acknowledged is lost in ${SEEDS} power cuts`, async () => {
  const faults: string[] = [];
  for (let seed = 0; seed < SEEDS; seed++) faults.push(...(await cutPowerOnce(seed)));
  expect(faults).toEqual([]);
});

const bugs: readonly (readonly [string, Patch, RegExp])[] = [
  [
    'acknowledges what is not flushed',
    {
      file: 'libs/embedded/src/writer.ts',
      find: 'disk.write(batch.ops).flushed',
      replace: 'disk.write(batch.ops).committed',
    },
    /were acknowledged/,
  ],
  [
    'lets readers see what is not durable',
    {
      file: 'libs/embedded/src/lanes.ts',
      find: 'transaction.onDurable(() => grow(lane, end));',
      replace: 'grow(lane, end);',
    },
    /had been read|no chunk holds/,
  ],
  [
    'writes the outputs of a commit on their own',
    {
      file: 'libs/embedded/src/fused-store.ts',
      find: 'for (const { topic, lane, records } of outputs) lanes.append(transaction, topic, lane, records);',
      replace:
        'transaction.onDurable(() => { for (const { topic, lane, records } of outputs)' +
        ' void writer.submit((own) => lanes.append(own, topic, lane, records)); });',
    },
    /stands beside/,
  ],
  [
    'forgets that a dead letter was removed',
    {
      file: 'libs/embedded/src/rows.ts',
      find: 'if (held && !isNewer(row.version, held)) return;',
      replace: '',
    },
    /is back/,
  ],
];

test.each(bugs)('a store that %s is found out', (_, patch, symptom) => {
  const { execArgv, env } = planted([patch]);
  const script = fileURLToPath(new URL('./fixtures/power-cuts.ts', import.meta.url));
  const child = spawnSync(process.execPath, [...execArgv, script, '0', String(SEEDS)], {
    env: { ...process.env, ...env },
    encoding: 'utf8',
  });
  expect(child.stdout + child.stderr).toMatch(symptom);
  expect(child.status).toBe(1);
});
