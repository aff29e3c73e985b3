import { watch } from 'node:fs';
import type { Plan } from '@millrace/pipeline/plan';
import { failureOf } from '@millrace/service/failure';
import { faultList } from '@millrace/service/load-pipeline';
import { loadPipeline } from '../load-pipeline.ts';

/** Editors write a file in several steps. */
const SETTLE_MS = 150;

/**
 * Waits until a file beside the document has changed so that the document does something else, and has no faults;
 * faults are told, and the wait goes on. Never resolves once the signal is aborted.
 */
export function nextVersion(
  file: string,
  current: Plan,
  tell: (message: string) => void,
  signal: AbortSignal,
): Promise<Plan> {
  const { promise, resolve } = Promise.withResolvers<Plan>();
  const watcher = watch(current.folder);
  let timer: NodeJS.Timeout | undefined;
  let told = '';

  async function look(): Promise<void> {
    const { plan, message: faults } = await load(file);
    if (signal.aborted) return;
    const message = faults ?? (plan && whyNotHere(file, current, plan));
    if (message !== null && message !== told) tell(message);
    told = message ?? '';
    if (plan !== null && message === null && plan.hash !== current.hash) resolve(plan);
  }

  watcher.on('change', () => {
    clearTimeout(timer);
    timer = setTimeout(() => void look(), SETTLE_MS);
  });
  const end = (): void => {
    clearTimeout(timer);
    watcher.close();
  };
  signal.addEventListener('abort', end, { once: true });
  return promise;
}

/** What can't change under the data of a folder; null: the next version can run in it. */
function whyNotHere(file: string, current: Plan, next: Plan): string | null {
  const [what, from, to] =
    next.pipeline === current.pipeline
      ? (['lanes', current.lanes, next.lanes] as const)
      : (['pipeline', current.pipeline, next.pipeline] as const);
  if (from === to) return null;
  return `${file}: ${what} is ${to} now, and was ${from} when this folder was made. Put it back, or run the new one in an empty folder (--data).`;
}

async function load(file: string): Promise<{ readonly plan: Plan | null; readonly message: string | null }> {
  try {
    const { plan, faults } = await loadPipeline(file);
    return { plan, message: plan === null ? faultList(faults) : null };
  } catch (error) {
    return { plan: null, message: failureOf(error).message };
  }
}
