import { readFileSync } from 'node:fs';
import { aggregates } from '@millrace/pipeline/aggregates';
import { documentSchema } from '@millrace/pipeline/document-schema';
import { catalogue } from '../catalogue.ts';
import { type DocumentKey, keysOf, sectionsOf } from './document-keys.ts';
import { ABOUT, PROSE } from './pipeline-prose.ts';

const EXAMPLE = new URL('../../../../examples/payments/pipeline.yaml', import.meta.url);
/** Of a long list, this many items are shown. */
const SHOWN_ITEMS = 2;

/** The text of docs/pipeline.md: every key of the document's JSON Schema, with examples from examples/payments. */
export function pipelinePage(): string {
  const schema = documentSchema(catalogue);
  const example = readFileSync(EXAMPLE, 'utf8');
  const { single, sections } = sectionsOf(schema);
  const known = aggregates.map(({ summary }) => `- \`${summary.replace(':', '`:')}`).join('\n');
  const names = sections.map((name) => `[${name}](#${name})`).join(' · ');
  const top = `## The document\n\n${table(single)}\n\nAnd the sections: ${names}.`;
  const parts = sections.map((name) => {
    const prose = PROSE[name];
    if (prose === undefined) throw new Error(`the section ${name} has no text in pipeline-prose.ts`);
    const shown = `\`\`\`yaml\n${excerpt(example, name)}\n\`\`\``;
    return `## ${name}\n\n${prose.trim().replace('AGGREGATES', known)}\n\n${shown}\n\n${table(keysOf(schema, name))}`;
  });
  return `${[ABOUT.trim(), top, ...parts].join('\n\n')}\n`;
}

/** A top-level key of the example with what is below it. */
function excerpt(document: string, key: string): string {
  const found = new RegExp(`^${key}:.*\n(?:(?:[ \t].*)?\n)*`, 'm').exec(document)?.[0];
  if (found === undefined) throw new Error(`examples/payments has no ${key}`);
  const items = found.split(/^(?= {2}- )/m);
  const shown = key === 'cases' ? items.slice(0, 1 + SHOWN_ITEMS).join('') : found;
  return shown.trimEnd();
}

function table(keys: readonly DocumentKey[]): string {
  const rows = keys.map(({ path, value, standard, meaning, example }) =>
    [`\`${path}\``, cell(value), cell(standard), cell(meaning), example === '' ? '' : code(example)].join(
      ' | ',
    ),
  );
  return `| key | value | default | meaning | example |\n|---|---|---|---|---|\n${rows.map((row) => `| ${row} |`).join('\n')}`;
}

const cell = (text: string): string => text.replaceAll('|', '\\|');
const code = (text: string): string => `\`${cell(text)}\``;
