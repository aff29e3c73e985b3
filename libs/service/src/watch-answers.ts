import type { ServiceContext } from './service-context.ts';

const EVERY_MS = 5_000;

/** Asks a server now and then whether it answers: while it does not, the service works on, but is not ready. */
export function watchAnswers(
  { health, logger, signal }: ServiceContext,
  what: string,
  ask: () => Promise<unknown>,
): void {
  let underWay = false;
  let failing = false;

  async function look(): Promise<void> {
    try {
      await ask();
      if (failing) logger.info({}, `${what} answers again`);
      failing = false;
      health.wait(what, null);
    } catch (error) {
      if (signal.aborted) return;
      const reason = (error as Error).message;
      if (!failing) logger.warn({ reason }, `${what} does not answer; the service goes on trying`);
      failing = true;
      health.wait(what, `${what} does not answer: ${reason}`);
    }
  }

  const timer = setInterval(() => {
    if (underWay) return;
    underWay = true;
    void look().finally(() => {
      underWay = false;
    });
  }, EVERY_MS);
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
}
