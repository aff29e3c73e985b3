// Writes a month of card payments and, in another file, what was planted among them:
//   node generate.ts [--seed 1] [--payments 20000] [--out generated/payments.csv] [--labels generated/labels.json]
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import type { Merchant } from './generator/payment.ts';
import { generatePayments } from './generator/payments.ts';

const here = (path: string): string => `${import.meta.dirname}/${path}`;
const PAYMENTS_MAX = 5_000_000;

const values = readOptions();
const seed = integer('seed', values.seed, 0, 2 ** 31 - 1);
const count = integer('payments', values.payments, 1, PAYMENTS_MAX);
const { csv, rows, labels } = generatePayments(seed, count, readMerchants());
write(values.out, csv);
write(values.labels, `[\n${labels.map((label) => `  ${JSON.stringify(label)}`).join(',\n')}\n]\n`);
console.log(`${rows} payments in ${values.out}, ${labels.length} labels in ${values.labels}`);

function readOptions() {
  try {
    return parseArgs({
      options: {
        seed: { type: 'string', default: '1' },
        payments: { type: 'string', default: '20000' },
        out: { type: 'string', default: here('generated/payments.csv') },
        labels: { type: 'string', default: here('generated/labels.json') },
      },
    }).values;
  } catch (error) {
    return refuse((error as Error).message);
  }
}

function refuse(message: string): never {
  console.error(`generate: ${message}`);
  process.exit(2);
}

function integer(name: string, text: string, low: number, high: number): number {
  const number = Number(text);
  if (text.trim() !== '' && Number.isInteger(number) && number >= low && number <= high) return number;
  return refuse(`--${name} is an integer from ${low} to ${high}, not "${text}"`);
}

function readMerchants(): Merchant[] {
  const [, ...lines] = readFileSync(here('merchants.csv'), 'utf8').trim().split('\n');
  return lines.map((line) => {
    const [id = '', , , currency = ''] = line.split(',');
    return { id, currency };
  });
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
