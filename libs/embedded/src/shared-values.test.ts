import { systemClock } from '@millrace/lanes/ports/clock';
import { sharedValuesContract } from '@millrace/testkit/contracts/shared-values';
import { createSharedValues } from './shared-values.ts';

sharedValuesContract('shared values in memory', async () => {
  const shared = createSharedValues(systemClock);
  return { shared, other: shared, close: async () => {} };
});
