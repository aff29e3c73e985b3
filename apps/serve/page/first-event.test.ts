import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { curlLine } from './first-event.js';

test('a shell reads the line as it is meant, whatever is in the event', () => {
  const event = { name: `O'Neil "x" $HOME \`ls\` \\ ü`, n: 1 };
  const line = curlLine(event, 'http://localhost:8080/v1/pipelines/p/events/api', true);
  const script = `curl() { printf '%s\\n' "$@"; }; TOKEN=secret; ${line}`;
  expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' }).trimEnd().split('\n')).toEqual([
    'http://localhost:8080/v1/pipelines/p/events/api',
    '-H',
    'content-type: application/json',
    '-H',
    'authorization: Bearer secret',
    '-d',
    JSON.stringify(event),
  ]);
});
