import { runLaneService } from '@millrace/service/lane-service';
import { createValidate } from './stage.ts';

process.exit(
  await runLaneService({
    name: 'validate',
    stages: async ({ plan }) => ({ validate: (counts) => createValidate(plan, counts) }),
  }),
);
