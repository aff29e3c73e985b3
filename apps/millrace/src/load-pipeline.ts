import type { CompileResult } from '@millrace/pipeline/compile';
import type { Plan } from '@millrace/pipeline/plan';
import { loadPipeline as load, requirePlan as required } from '@millrace/service/load-pipeline';
import { catalogue } from './catalogue.ts';

/** A document with every kind that there is. */
export const loadPipeline = (file: string): Promise<CompileResult> => load(file, catalogue);

/** @throws Failure that lists every fault. */
export const requirePlan = (file: string): Promise<Plan> => required(file, catalogue);
