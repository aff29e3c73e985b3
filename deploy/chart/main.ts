// Writes the files of the chart that say what other files say: `npm run -w deploy chart`.
import { writeFileSync } from 'node:fs';
import { pages } from './pages.ts';
import { CHART } from './values.ts';

for (const [path, text] of Object.entries(pages())) writeFileSync(new URL(path, CHART), text);
