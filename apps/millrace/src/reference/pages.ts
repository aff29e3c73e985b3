import { documentSchema } from '@millrace/pipeline/document-schema';
import { configurationPage, configurationSchema } from '@millrace/service/configuration/pages';
import { metricsPage } from '@millrace/service/metrics/pages';
import { catalogue } from '../catalogue.ts';
import { cliPage } from './cli-page.ts';
import { pipelinePage } from './pipeline-page.ts';

/** The pages of `docs` that are written from the program, by file name. */
export const pages: Readonly<Record<string, () => string>> = {
  'cli.md': cliPage,
  'configuration.md': configurationPage,
  'configuration.schema.json': () => `${JSON.stringify(configurationSchema(), null, 2)}\n`,
  'metrics.md': metricsPage,
  'pipeline.md': pipelinePage,
  'pipeline.schema.json': () => `${JSON.stringify(documentSchema(catalogue), null, 2)}\n`,
};

export const DOCS = new URL('../../../../docs/', import.meta.url);
