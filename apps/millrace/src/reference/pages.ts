import { documentSchema } from '@millrace/pipeline/document-schema';
import { catalogue } from '../catalogue.ts';
import { cliPage } from './cli-page.ts';
import { pipelinePage } from './pipeline-page.ts';

/** The pages of `docs` that are written from the program, by file name. */
export const pages: Readonly<Record<string, () => string>> = {
  'cli.md': cliPage,
  'pipeline.md': pipelinePage,
  'pipeline.schema.json': () => `${JSON.stringify(documentSchema(catalogue), null, 2)}\n`,
};

export const DOCS = new URL('../../../../docs/', import.meta.url);
