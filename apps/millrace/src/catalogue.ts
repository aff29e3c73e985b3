import { tableKinds } from '@millrace/enrich/tables';
import { sourceKinds } from '@millrace/ingest/sources';
import type { Catalogue } from '@millrace/pipeline/catalogue';
import { sinkKinds } from '@millrace/route/sinks';

/** Every kind that a document may name where all stages run. */
export const catalogue: Catalogue = { sources: sourceKinds, tables: tableKinds, sinks: sinkKinds };
