import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { catalogue } from '@millrace/millrace/catalogue';
import { compile } from '@millrace/pipeline/compile';
import type { Plan } from '@millrace/pipeline/plan';
import * as functions from '../functions.ts';
import typed from '../pipeline.ts';

const path = fileURLToPath(new URL('../pipeline.yaml', import.meta.url));

/** The plan of pipeline.yaml; `changes` replaces texts in the document. */
export function compileText(changes: Readonly<Record<string, string>> = {}): Plan {
  let text = readFileSync(path, 'utf8');
  for (const [from, to] of Object.entries(changes)) {
    if (!text.includes(from)) throw new Error(`pipeline.yaml has no ${from}`);
    text = text.replace(from, to);
  }
  return planOf({ text });
}

/** The plan of pipeline.ts. */
export function compileTyped(): Plan {
  return planOf({ object: typed });
}

function planOf(form: { readonly text: string } | { readonly object: object }): Plan {
  const { plan, faults } = compile({
    ...form,
    path,
    load: (file) => readFileSync(file, 'utf8'),
    functions,
    catalogue,
  });
  if (plan === null) throw new Error(JSON.stringify(faults, null, 2));
  return plan;
}
