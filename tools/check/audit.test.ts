import { expect, test } from '@jest/globals';
import { judge } from './audit.ts';

const report = (high: number, critical: number) =>
  JSON.stringify({
    vulnerabilities: {
      leaky: { name: 'leaky', severity: 'high', range: '<2.0.0' },
      dull: { name: 'dull', severity: 'low', range: '*' },
    },
    metadata: { vulnerabilities: { low: 1, high, critical } },
  });

test('high and critical findings fail, and are named', () => {
  expect(judge(report(1, 0))).toEqual({
    outcome: 'failed',
    output: expect.stringContaining('leaky <2.0.0: high'),
  });
  expect(judge(report(0, 1)).outcome).toBe('failed');
  expect(judge(report(1, 0)).output).not.toContain('dull');
});

test('lower findings pass', () => {
  expect(judge(report(0, 0)).outcome).toBe('passed');
});

test.each(['', 'not json', '{"message":"405 Method Not Allowed"}'])(
  'the answer %j is skipped aloud',
  (answer) => {
    expect(judge(answer)).toEqual({ outcome: 'skipped', output: expect.stringContaining('NOT AUDITED') });
  },
);
