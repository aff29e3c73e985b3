import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Plan } from '@millrace/pipeline/plan';
import { readBundle } from '@millrace/service/bundle';
import { EXIT } from '@millrace/service/exit-codes';
import { Failure } from '@millrace/service/failure';
import { faultList, isModule } from '@millrace/service/load-pipeline';
import { Document, parse, parseDocument } from 'yaml';
import { loadPipeline } from '../load-pipeline.ts';
import { importsDuring, modulesOf } from './imports.ts';
import { isPacked, type Part, textOf } from './size.ts';

/** A document with all that it stands on inside. */
export interface MadeBundle {
  readonly text: string;
  readonly plan: Plan;
  /** What is inside, and what stays outside because its path is absolute. */
  readonly packed: readonly Part[];
  readonly outside: readonly Part[];
}

/**
 * One text that says all that a document does: read in its place, it gives the same plan with the same hash.
 * @throws Failure when the document has faults, or names what a text can't hold.
 */
export async function makeBundle(file: string): Promise<MadeBundle> {
  const parts: Part[] = [];
  const { result, imports } = await importsDuring(() =>
    loadPipeline(file, (named, path) => parts.push({ named, path })),
  );
  if (result.plan === null) throw new Failure(`${file} can't run:\n${faultList(result.faults)}`, EXIT.faults);
  const { plan } = result;
  const source = readFileSync(file, 'utf8');
  if (!isModule(file) && readBundle(parse(source)) !== null) {
    throw new Failure(`${file} is a bundle already.`, EXIT.faults);
  }
  const folder = dirname(resolve(file));
  const modules = modulesOf([resolve(file), ...parts.map(({ path }) => path)].filter(isModule), imports).map(
    (path) => ({ named: fromFolder(folder, path), path }),
  );
  const packed = distinct([...parts.filter(isPacked), ...modules]);
  const files = Object.fromEntries(packed.map((part) => [fromFolder(folder, part.path), textOf(part)]));
  const document: Document = isModule(file) ? moduleDocument(plan, file) : parseDocument(source);
  document.set('files', files);
  document.commentBefore = [notice(file), document.commentBefore ?? ''].join('\n').trimEnd();
  const text = document.toString({ lineWidth: 0 });
  await requireSame(text, { file, plan, files });
  return { text, plan, packed, outside: parts.filter((part) => !isPacked(part)) };
}

const notice = (file: string): string =>
  ` Made of ${basename(file)} by \`millrace bundle\`: change that one.`;

/** `./merchants.csv`, with `/` on every system. */
function fromFolder(folder: string, path: string): string {
  const steps = relative(folder, path).split(sep).join('/');
  return steps.startsWith('.') ? steps : `./${steps}`;
}

/** The document's own module is no part of itself. */
function distinct(parts: readonly Part[]): readonly Part[] {
  return [...new Map(parts.map((part) => [part.path, part])).values()];
}

function moduleDocument({ pipeline, lanes, secrets }: Plan, file: string): Document {
  return new Document({ pipeline, lanes, secrets, module: `./${basename(file)}` });
}

interface Wanted {
  readonly file: string;
  readonly plan: Plan;
  readonly files: Readonly<Record<string, string>>;
}

/** Reads a bundle as a service would: no document may become another one on its way. */
async function requireSame(text: string, { file, plan, files }: Wanted): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bundling-'));
  try {
    const copy = join(folder, 'bundle.yaml');
    writeFileSync(copy, text);
    const read = await loadPipeline(copy);
    if (read.plan === null) {
      throw new Failure(
        `${file} can't be bundled: without its folder\n${faultList(read.faults)}`,
        EXIT.faults,
      );
    }
    const intact = isDeepStrictEqual((parse(text) as { readonly files: unknown }).files, files);
    if (read.plan.hash !== plan.hash || !intact) {
      throw new Failure(
        `${file} can't be bundled: what is read of the bundle is another pipeline.`,
        EXIT.defect,
      );
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}
