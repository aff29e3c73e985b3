import { styleText } from 'node:util';

export type Style = Parameters<typeof styleText>[0];

/** A stream as people see it: with colours only on a terminal that wants them. */
export interface Terminal {
  readonly isTty: boolean;
  readonly columns: number;
  write(text: string): void;
  line(text?: string): void;
  paint(style: Style, text: string): string;
  /** Resolves when all that was written has been taken: a pipe takes it later, and not after the process has ended. */
  flushed(): Promise<void>;
}

export interface TerminalStream {
  write(text: string, taken?: () => void): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

const COLUMNS = 80;

/** Honours NO_COLOR (https://no-color.org) and FORCE_COLOR; a stream that is no terminal gets plain text. */
export function createTerminal(
  stream: TerminalStream,
  env: Readonly<Record<string, string | undefined>>,
): Terminal {
  const isTty = stream.isTTY === true && env.TERM !== 'dumb';
  const forced = env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '0';
  const colour = !env.NO_COLOR && (isTty || forced);
  return {
    isTty,
    // 0 where the terminal doesn't say; it may change.
    get columns() {
      return stream.columns || COLUMNS;
    },
    write(text) {
      stream.write(text);
    },
    line(text = '') {
      stream.write(`${text}\n`);
    },
    flushed: () => new Promise((resolve) => stream.write('', () => resolve())),
    paint: (style, text) =>
      colour && text !== '' ? styleText(style, text, { validateStream: false }) : text,
  };
}
