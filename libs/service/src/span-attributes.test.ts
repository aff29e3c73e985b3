import { expect, test } from '@jest/globals';
import { ATTRIBUTE } from '@millrace/lanes/span-attributes';
import * as conventions from '@opentelemetry/semantic-conventions/incubating';

test('the names of attributes are those of the semantic conventions, or begin with millrace.', () => {
  const published = new Set<unknown>(Object.values(conventions));
  const unknown = Object.values(ATTRIBUTE).filter(
    (name) => !name.startsWith('millrace.') && !published.has(name),
  );
  expect(unknown).toEqual([]);
});
