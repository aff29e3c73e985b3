import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

const text = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

test('the program that docs/topics.md shows is the one that is tested', () => {
  const [, shown] = /```python\n([\s\S]*?)```/.exec(text('docs/topics.md'))!;
  expect(shown).toBe(text('examples/python/read_topics.py'));
});

test('the sources that docs/topics.md shows are the pipeline’s', () => {
  const document = text('examples/python/pipeline.yaml').replace(/\n {4}(?=kafka)/g, ' { ');
  const [, shown] = /```yaml\nsources:\n([\s\S]*?)```/.exec(text('docs/topics.md'))!;
  const lines = shown!.trim().split('\n');
  expect(lines).toHaveLength(2);
  for (const line of lines) expect(document).toContain(line.replace(/ \}$/, ''));
});
