// In the Dockerfile: what the images run on, and what of that there is (sbom.cdx.json), in the folder that is given.
// It stands on Node and npm alone, and changes the manifests there: never run it on a checkout.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bomOf } from '../bom.ts';
import { keepProduction } from '../production-manifests.ts';

const [root] = process.argv.slice(2);
if (root === undefined) throw new Error('usage: node deploy/image/install/main.ts FOLDER');
keepProduction(root);
const flags = ['--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund'];
execFileSync('npm', ['ci', ...flags], { cwd: root, stdio: 'inherit' });
writeFileSync(join(root, 'sbom.cdx.json'), bomOf(root));
