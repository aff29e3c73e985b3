import { runLaneService } from '@millrace/service/lane-service';
import { createMerge } from './merge.ts';
import { createAggregate } from './stage.ts';

process.exit(
  await runLaneService({
    name: 'aggregate',
    stages: async ({ plan }) => ({
      aggregate: (counts) => createAggregate(plan, counts),
      merge: () => createMerge(plan),
    }),
  }),
);
