const POLL_MS = 5;
const DEFAULT_PATIENCE_MS = 5_000;

/** Waits until `holds` is true, looking again and again. @throws an Error that says what was awaited. */
export async function eventually(
  what: string,
  holds: () => boolean | Promise<boolean>,
  patienceMs = DEFAULT_PATIENCE_MS,
): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`after ${patienceMs} ms still not: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
