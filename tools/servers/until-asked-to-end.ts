const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const POLL_MS = 500;

/**
 * Resolves at Ctrl-C or the like, or when the process that started this one is gone.
 * A second signal then ends this process at once.
 */
export async function untilAskedToEnd(): Promise<void> {
  const parent = process.ppid;
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      if (process.ppid !== parent) end();
    }, POLL_MS);
    const end = () => {
      clearInterval(timer);
      for (const signal of SIGNALS) process.off(signal, end);
      resolve();
    };
    for (const signal of SIGNALS) process.on(signal, end);
  });
}
