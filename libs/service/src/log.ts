import { styleText } from 'node:util';
import type { Logger } from '@millrace/lanes/ports/logger';
import { pino } from 'pino';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export const LOG_FORMATS = ['pretty', 'json'] as const;

export interface LogSettings {
  readonly level: (typeof LOG_LEVELS)[number];
  /** `pretty`: one line of text per message, for people. */
  readonly format: (typeof LOG_FORMATS)[number];
  readonly colour: boolean;
  /** In every line: which program it is. */
  readonly fields?: Readonly<Record<string, string>>;
}

/** Where log lines go. */
export interface LogTarget {
  write(text: string): unknown;
}

/** Structured log lines as pino writes them, or the same as text. */
export function createLog({ level, format, colour, fields }: LogSettings, target: LogTarget): Logger {
  const stream =
    format === 'json' ? target : { write: (line: string) => target.write(`${prettyLine(line, colour)}\n`) };
  return pino(
    {
      level,
      base: fields ?? null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );
}

/** What a line is without its fields. */
const HEAD = new Set(['level', 'time', 'msg']);
const COLOURS: Readonly<Record<string, 'red' | 'yellow' | 'cyan' | 'dim'>> = {
  error: 'red',
  warn: 'yellow',
  info: 'cyan',
  debug: 'dim',
};

function prettyLine(line: string, colour: boolean): string {
  const entry = JSON.parse(line) as Readonly<Record<string, unknown>>;
  const level = String(entry.level);
  const fields = Object.entries(entry)
    .filter(([name]) => !HEAD.has(name))
    .map(([name, value]) => `${name}=${fieldText(name, value)}`)
    .join(' ');
  const paint = (format: Parameters<typeof styleText>[0], text: string) =>
    colour && text !== '' ? styleText(format, text, { validateStream: false }) : text;
  const clock = String(entry.time).slice(11, 19);
  const label = paint(COLOURS[level] ?? 'cyan', level.padEnd(5));
  return [paint('dim', clock), label, String(entry.msg ?? ''), paint('dim', fields)].join(' ').trimEnd();
}

function fieldText(name: string, value: unknown): string {
  // An error is its message in one line; its stack is in the JSON format.
  if (name === 'err') return String((value as { message?: unknown }).message);
  return typeof value === 'string' && /^[\w./:-]+$/.test(value) ? value : JSON.stringify(value);
}
