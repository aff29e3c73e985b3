import type { CompileResult } from '@millrace/pipeline/compile';
import type { Plan } from '@millrace/pipeline/plan';
import {
  loadPipeline as load,
  type NamedFile,
  requirePlan as required,
} from '@millrace/service/load-pipeline';
import { catalogue } from './catalogue.ts';

/** A document with every kind that there is. */
export const loadPipeline = (file: string, onFile?: NamedFile): Promise<CompileResult> =>
  load(file, catalogue, onFile);

/** @throws Failure that lists every fault. */
export const requirePlan = (file: string): Promise<Plan> => required(file, catalogue);
