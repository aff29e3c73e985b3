import { runIngestService } from '@millrace/service/ingest-service';
import { sourceKinds } from './sources.ts';
import { createIngest } from './stage.ts';

process.exit(await runIngestService({ catalogue: { sources: sourceKinds }, create: createIngest }));
