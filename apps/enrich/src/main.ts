import { runLaneService } from '@millrace/service/lane-service';
import { createEnrich } from './stage.ts';
import { openTables, tableKinds } from './tables.ts';

process.exit(
  await runLaneService({
    name: 'enrich',
    catalogue: { tables: tableKinds },
    async stages({ plan, logger, opened }) {
      const { tables, close } = await openTables(plan, tableKinds, (message) => logger.warn({}, message));
      opened.defer(close);
      return { enrich: () => createEnrich(plan, tables) };
    },
  }),
);
