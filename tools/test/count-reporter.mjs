// A jest reporter that leaves a project's counts in the file named by TEST_COUNTS_PATH,
// which is an output of the nx target: a run that comes from the cache still counts.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

export default class CountReporter {
  /** @param {unknown} _contexts @param {import('@jest/reporters').AggregatedResult} results */
  onRunComplete(_contexts, results) {
    const path = process.env.TEST_COUNTS_PATH;
    if (!path) return;
    const counts = {
      passed: results.numPassedTests,
      // A file that doesn't even load has no failed tests, but it has failed.
      failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
      skipped: results.numPendingTests + results.numTodoTests,
      seconds: Math.round((Date.now() - results.startTime) / 100) / 10,
    };
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${JSON.stringify(counts)}\n`);
  }
}
