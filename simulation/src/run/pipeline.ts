import { sourceKinds } from '@millrace/ingest/sources';
import type { Catalogue } from '@millrace/pipeline/catalogue';
import { compile } from '@millrace/pipeline/compile';
import type { Plan } from '@millrace/pipeline/plan';
import { sinkKinds } from '@millrace/route/sinks';
import { documentOf } from '../workload/document.ts';
import { FOLDER } from '../workload/files.ts';
import type { Settings } from '../workload/settings.ts';
import { moodyKind } from './moody-table.ts';

const catalogue: Catalogue = {
  sources: sourceKinds,
  tables: { moody: moodyKind },
  sinks: sinkKinds,
};

/** The seed's document, compiled as a real one is. */
export function compilePipeline(settings: Settings): Plan {
  const { plan, faults } = compile({
    path: `${FOLDER}/pipeline.yaml`,
    object: documentOf(settings),
    load: () => null,
    catalogue,
  });
  if (plan === null)
    throw new Error(`the workload's document has faults: ${JSON.stringify(faults, null, 1)}`);
  return plan;
}
