import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { EXIT } from '@millrace/service/exit-codes';
import { Failure } from '@millrace/service/failure';

/** One import as Node resolved it. */
export interface Import {
  readonly specifier: string;
  /** URL of the importing module, where there is one. */
  readonly from: string | undefined;
  readonly url: string;
}

/** What was imported while `act` ran: what Node has loaded says more than any reading of the text. */
export async function importsDuring<T>(
  act: () => Promise<T>,
): Promise<{ readonly result: T; readonly imports: readonly Import[] }> {
  const imports: Import[] = [];
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context);
      imports.push({ specifier, from: context.parentURL, url: found.url });
      return found;
    },
  });
  try {
    return { result: await act(), imports };
  } finally {
    hooks.deregister();
  }
}

/** Where `definePipeline` is, which is wherever a bundle is read. */
const ALWAYS_THERE = /^@millrace\/pipeline\//;

/**
 * The files of these modules and of all that they import.
 * @throws Failure for a package: it can't travel in a text.
 */
export function modulesOf(roots: readonly string[], imports: readonly Import[]): readonly string[] {
  const found = new Set(roots);
  // A set that grows while it is walked is walked to its end.
  for (const module of found) {
    for (const { specifier, from, url } of imports) {
      if (from === undefined || pathOf(from) !== module) continue;
      if (url.startsWith('node:') || ALWAYS_THERE.test(specifier)) continue;
      if (!specifier.startsWith('.')) throw new Failure(packageMessage(module, specifier), EXIT.faults);
      found.add(pathOf(url)!);
    }
  }
  return [...found];
}

const pathOf = (url: string): string | null => (url.startsWith('file:') ? fileURLToPath(url) : null);

const packageMessage = (module: string, specifier: string): string =>
  `${module} imports ${specifier}, and a bundle holds only the modules that relative paths lead to. Copy what you need \
of it beside the document, or build an image that has the document and its packages inside (docs/images.md).`;
