import { expect, test } from '@jest/globals';
import { logLevel } from 'kafkajs';
import { logTo } from './kafkajs-log.ts';

test('the client’s lines go on once, without stacks, and again after a while', () => {
  const lines: [object, string][] = [];
  const info = (fields: object, message: string) => void lines.push([fields, message]);
  let nowMs = 0;
  const log = logTo({ info, warn: info, error: info }, () => nowMs)(logLevel.INFO);
  const say = (message: string, retryCount: number) =>
    log({
      namespace: 'BrokerPool',
      level: logLevel.ERROR,
      label: 'ERROR',
      log: { message, timestamp: '', retryCount, stack: 'Error\n  at' },
    });
  say('no broker', 0);
  say('no broker', 1);
  say('another', 0);
  nowMs = 60_000;
  say('no broker', 2);
  expect(lines).toEqual([
    [{ retryCount: 0 }, 'kafka client, BrokerPool: no broker'],
    [{ retryCount: 0 }, 'kafka client, BrokerPool: another'],
    [{ retryCount: 2 }, 'kafka client, BrokerPool: no broker'],
  ]);
});
