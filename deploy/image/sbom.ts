// What the images hold beside Node and the system, as CycloneDX on standard output: `npm run -s sbom > sbom.cdx.json`.
import { cpSync, globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bomOf } from './bom.ts';
import { keepProduction } from './production-manifests.ts';

const REPOSITORY = join(import.meta.dirname, '../..');

const copy = mkdtempSync(join(tmpdir(), 'millrace-sbom-'));
try {
  const manifests = ['package.json', 'package-lock.json', '{apps,libs}/*/package.json'];
  for (const path of globSync(manifests, { cwd: REPOSITORY })) {
    cpSync(join(REPOSITORY, path), join(copy, path));
  }
  keepProduction(copy);
  process.stdout.write(bomOf(copy));
} finally {
  rmSync(copy, { recursive: true });
}
