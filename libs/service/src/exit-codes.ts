/** Exit codes of every program of Millrace; `docs/cli.md` lists them. */
export const EXIT = {
  ok: 0,
  /** The document has faults, a case failed, or what was asked for isn't there. */
  faults: 1,
  /** The command line or the configuration is wrong. */
  usage: 2,
  /** It can't start, or can't go on, until somebody mends what the message says. */
  cannotRun: 3,
  /** A defect of Millrace itself; nothing was committed after it. */
  defect: 4,
  /** Ended by a signal before it had drained; nothing that was acknowledged is lost. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_MEANINGS: readonly (readonly [code: ExitCode, meaning: string])[] = [
  [EXIT.ok, 'done'],
  [EXIT.faults, 'the document has faults, a case failed, or there is nothing of that name'],
  [EXIT.usage, 'the command line or the configuration is wrong'],
  [EXIT.cannotRun, "it can't start or go on; the message says what to mend"],
  [EXIT.defect, 'a defect of Millrace; nothing was committed after it'],
  [EXIT.interrupted, 'ended by a signal before it had drained; nothing acknowledged is lost'],
];
