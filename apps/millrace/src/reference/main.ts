// Writes the pages of `docs` that say what the program does: `npm run -w apps/millrace reference`.
import { writeFileSync } from 'node:fs';
import { DOCS, pages } from './pages.ts';

for (const [name, text] of Object.entries(pages)) writeFileSync(new URL(name, DOCS), text());
