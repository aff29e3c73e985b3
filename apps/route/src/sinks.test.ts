import { describe, expect, test } from '@jest/globals';
import type { Delivery } from '@millrace/lanes/stage';
import { planOf, routeOf } from '@millrace/testkit/plans';
import type { Surroundings } from './sink.ts';
import { openSinks, sinkKinds } from './sinks.ts';

const plan = planOf({
  routes: [
    routeOf('large', {
      to: [
        { name: 'large.store', kind: 'store', config: { table: 'events' } },
        { name: 'large.console', kind: 'console', config: {} },
      ],
    }),
  ],
});

const event: Delivery = {
  from: 'event',
  id: 'p1',
  attempt: 0,
  key: 'A',
  time: 0,
  seq: 1,
  trace: null,
  value: { card: 'A', note: 'two\nlines \u001b[31m' },
};
const alert: Delivery = {
  ...event,
  from: 'alert',
  value: { name: 'velocity', group: 'A', severity: 'high', message: 'too many', value: 6 },
};
const window: Delivery = {
  ...event,
  from: 'window',
  value: { name: 'card_velocity', group: 'A', start: 0, end: 60_000, final: false, values: { payments: 6 } },
};

async function printed(
  batch: readonly Delivery[],
  surroundings: Omit<Partial<Surroundings>, 'stdout'> & { isTTY?: boolean } = {},
) {
  let text = '';
  const { isTTY = false, env = {} } = surroundings;
  const stdout = { write: (chunk: string) => (text += chunk), isTTY };
  const sinks = await openSinks(plan, sinkKinds, { stdout, env });
  expect(await sinks.get('large.console')!.deliver(batch)).toEqual([]);
  return text;
}

test('kinds have the names that they are listed under', () => {
  for (const [name, kind] of Object.entries(sinkKinds)) expect(kind.name).toBe(name);
});

test('only sinks that reach outside are opened', async () => {
  const sinks = await openSinks(plan, sinkKinds, { stdout: { write: () => true }, env: {} });
  expect([...sinks.keys()]).toEqual(['large.console']);
});

describe('console', () => {
  test('prints a line each', async () => {
    expect(await printed([event, alert, window])).toBe(
      [
        '1970-01-01T00:00:00.000Z event large: p1 {"card":"A","note":"two\\nlines \\u001b[31m"}',
        '1970-01-01T00:00:00.000Z alert large: high velocity A = 6: too many',
        '1970-01-01T00:00:00.000Z window large: card_velocity A 1970-01-01T00:00:00.000Z … 1970-01-01T00:01:00.000Z (open) {"payments":6}',
        '',
      ].join('\n'),
    );
  });

  test('lets nothing in a value start a line or steer the terminal', async () => {
    const text = await printed([{ ...alert, value: { ...alert.value, group: 'A\n\u001b[2J\u2028' } }]);
    expect(text).toContain('A\\u000a\\u001b[2J\\u2028');
    expect(text.trimEnd().split('\n')).toHaveLength(1);
  });

  test('is coloured on a terminal, unless NO_COLOR is set', async () => {
    expect(await printed([alert], { isTTY: true })).toContain('\u001b[31malert');
    expect(await printed([alert], { isTTY: true, env: { NO_COLOR: '1' } })).not.toContain('\u001b');
    expect(await printed([alert])).not.toContain('\u001b');
  });

  test('cuts what is long', async () => {
    const [line] = (await printed([{ ...event, value: { note: 'x'.repeat(10_000) } }])).split('\n');
    expect(line!.length).toBeLessThan(600);
    expect(line).toMatch(/x…$/);
  });
});
