import { stripVTControlCharacters } from 'node:util';
import type { PipelineStatus } from '@millrace/lanes/status';
import type { Terminal } from '../terminal.ts';

/** How often the line is written anew. */
const PERIOD_MS = 500;
const CLEAR_LINE = '\r\u001b[2K';
const number = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** The last line of a terminal, which other output must not run into. */
export interface StatusLine {
  /** Output above the line. */
  write(stream: Terminal, text: string): void;
  stop(): void;
}

/** Live on a terminal; where there is none (a file, CI), nothing. */
export function startStatusLine(terminal: Terminal, status: () => PipelineStatus): StatusLine {
  if (!terminal.isTty) return { write: (stream, text) => stream.write(text), stop: () => {} };
  let shown = '';
  const show = (): void => {
    shown = statusLine(status(), terminal);
    terminal.write(`${CLEAR_LINE}${shown}`);
  };
  const timer = setInterval(show, PERIOD_MS);
  timer.unref();
  return {
    write(stream, text) {
      if (shown !== '') terminal.write(CLEAR_LINE);
      stream.write(text);
      if (shown !== '') terminal.write(shown);
    },
    stop() {
      clearInterval(timer);
      if (shown !== '') terminal.write(CLEAR_LINE);
      shown = '';
    },
  };
}

function statusLine(status: PipelineStatus, { paint, columns }: Terminal): string {
  const { pipeline, audit, stages, lanes, latency } = status;
  const rate = stages.find(({ name }) => name === 'ingest')?.eventsPerSecond ?? 0;
  const lag = lanes.reduce((sum, lane) => sum + lane.lag, 0);
  const parts = [
    paint('bold', pipeline),
    audit.balanced ? paint('green', 'balanced') : paint('red', 'NOT BALANCED'),
    `${number.format(rate)}/s`,
    `${number.format(audit.events)} events`,
    ...(lag > 0 ? [`lag ${number.format(lag)}`] : []),
    ...(latency === null ? [] : [`p99 ${number.format(latency.p99Ms)} ms`]),
  ];
  return fitting(parts, columns);
}

/** As many parts as fit: a line that wraps can't be written over. */
function fitting(parts: readonly string[], columns: number): string {
  let line = '';
  for (const part of parts) {
    const longer = line === '' ? part : `${line}  ${part}`;
    if (stripVTControlCharacters(longer).length >= columns) break;
    line = longer;
  }
  return line;
}
