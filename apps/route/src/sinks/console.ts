import { styleText } from 'node:util';
import type { Delivery } from '@millrace/lanes/stage';
import type { OuterSinkKind } from '../sink.ts';

/** Characters of a line; what is longer ends with an ellipsis. */
const LINE_LENGTH_MAX = 500;

/** One line per value on standard output, in colour on a terminal unless NO_COLOR is set. */
export const consoleSink: OuterSinkKind = {
  name: 'console',
  summary: 'Prints one line per value on standard output.',
  reach: 'outer',
  settings: { type: 'object', additionalProperties: false, properties: {}, examples: [{}] },
  async open(sink, { stdout, env }) {
    const colour = stdout.isTTY === true && !env.NO_COLOR;
    return {
      async deliver(batch) {
        stdout.write(batch.map((delivery) => `${lineOf(sink.name, delivery, colour)}\n`).join(''));
        return [];
      },
      async close() {},
    };
  },
};

function lineOf(sink: string, delivery: Delivery, colour: boolean): string {
  const { from, time, value } = delivery;
  const paint = (format: Parameters<typeof styleText>[0], text: string) =>
    colour ? styleText(format, text, { validateStream: false }) : text;
  const at = paint('dim', isoTime(time));
  const [route] = sink.split('.');
  const head = `${at} ${paint(from === 'alert' ? 'red' : 'cyan', from)} ${route}`;
  return `${head}: ${printable(from === 'event' ? eventText(delivery) : madeText(from, value))}`;
}

function eventText({ id, value }: Delivery): string {
  return `${id} ${JSON.stringify(value)}`;
}

function madeText(from: 'alert' | 'window', value: Delivery['value']): string {
  if (from === 'alert') {
    const { name, group, severity, message, value: judged } = value;
    return `${severity} ${name} ${group}${judged === null ? '' : ` = ${judged}`}: ${message}`;
  }
  const { name, group, start, end, final, values } = value as {
    start: number;
    end: number;
  } & Delivery['value'];
  const state = final === true ? '' : ' (open)';
  return `${name} ${group} ${isoTime(start)} … ${isoTime(end)}${state} ${JSON.stringify(values)}`;
}

/** Text from events must not move the cursor, colour the terminal or start a line that looks like ours. */
function printable(text: string): string {
  const safe = text.replace(
    /[\p{Cc}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return safe.length <= LINE_LENGTH_MAX ? safe : `${safe.slice(0, LINE_LENGTH_MAX)}…`;
}

function isoTime(timeMs: number): string {
  const date = new Date(timeMs);
  return Number.isNaN(date.getTime()) ? String(timeMs) : date.toISOString();
}
