import type { Catalogue } from '@millrace/pipeline/catalogue';
import { compile } from '@millrace/pipeline/compile';
import type { Plan } from '@millrace/pipeline/plan';
import { sinkKinds } from '@millrace/route/sinks';
import { documentOf } from '../workload/document.ts';
import type { Settings } from '../workload/settings.ts';
import { moodyKind } from './moody-table.ts';

const ANY = { type: 'object' };

const catalogue: Catalogue = {
  sources: {
    http: { name: 'http', summary: 'requests', settings: ANY },
    file: { name: 'file', summary: 'a file', settings: ANY, finite: () => true },
  },
  tables: { moody: moodyKind },
  sinks: sinkKinds,
};

/** The seed's document, compiled as a real one is. */
export function compilePipeline(settings: Settings): Plan {
  const { plan, faults } = compile({
    path: '/simulated/pipeline.yaml',
    object: documentOf(settings),
    load: () => null,
    catalogue,
  });
  if (plan === null)
    throw new Error(`the workload's document has faults: ${JSON.stringify(faults, null, 1)}`);
  return plan;
}
