/** Node's own warnings go to `tell` instead of to standard error, where they would stand between other lines. */
export function tellWarnings(tell: (name: string, message: string) => void): void {
  process.removeAllListeners('warning');
  process.on('warning', ({ name, message }) => {
    // kafkajs asks for timers of less than no time, which does no harm.
    if (name !== 'TimeoutNegativeWarning') tell(name, message);
  });
}
