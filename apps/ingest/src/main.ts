import { runIngestService } from '@millrace/service/ingest-service';
import { ingestOpenApi } from './openapi.ts';
import { sourceKinds } from './sources.ts';
import { createIngest } from './stage.ts';

process.exit(
  await runIngestService({
    catalogue: { sources: sourceKinds },
    openApi: ingestOpenApi,
    create: createIngest,
  }),
);
