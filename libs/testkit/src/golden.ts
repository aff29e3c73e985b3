import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from '@jest/globals';

/**
 * Compares a generated text with the file that keeps it. Where the new text is right, run the test once with
 * MILLRACE_UPDATE_GOLDEN=1 to write the file, and read the difference before it is committed.
 */
export function expectGolden(file: URL, text: string): void {
  const path = fileURLToPath(file);
  if (process.env.MILLRACE_UPDATE_GOLDEN) writeFileSync(path, text);
  expect(text).toBe(readFileSync(path, 'utf8'));
}
