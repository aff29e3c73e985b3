import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { compile } from '@millrace/pipeline/compile';
import { catalogue } from './catalogue.ts';

const ROOT = new URL('../../../', import.meta.url);
const schema = readFileSync(new URL('examples/payments/payment.avsc', ROOT), 'utf8');

test('the pipeline that README shows has no faults', () => {
  const readme = readFileSync(new URL('README.md', ROOT), 'utf8');
  const [, text] = /```yaml\n([\s\S]*?)```/.exec(readme)!;
  const load = (path: string): string | null => (path === '/pipelines/payment.avsc' ? schema : null);
  expect(compile({ path: '/pipelines/pipeline.yaml', text: text!, load, catalogue }).faults).toEqual([]);
});
