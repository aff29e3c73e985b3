import { codeEntry } from '@millrace/lanes/codes';
import { NO_POSITION } from '@millrace/lanes/flow';
import { rowOf } from '@millrace/lanes/row-parameter';
import { EXIT, type ExitCode } from '@millrace/service/exit-codes';
import { Failure } from '@millrace/service/failure';
import { type Command, InvalidArgumentError } from 'commander';
import type { CommandModule, Surroundings } from '../command.ts';
import type { DeadLetter, DeadLetterDetail, Place } from '../look/place.ts';
import { at, declarePlace, type PlaceOptions } from '../look/place-options.ts';
import type { Terminal } from '../terminal.ts';

type End = (code: ExitCode) => void;

export const deadletters: CommandModule = {
  name: 'deadletters',
  summary: 'list, show, replay and discard what could not go on',
  examples: [
    ['millrace deadletters list', 'of the pipeline at http://127.0.0.1:8080, newest first'],
    ['millrace deadletters list --code late --json', 'as JSON lines'],
    ['millrace deadletters show p-17/validate/0', 'one with its payload, and what to do about it'],
    [
      'millrace deadletters replay p-17/validate/0',
      'back to the stage that refused it, once the cause is mended',
    ],
    ['millrace deadletters discard --all --code far_future', 'takes all of a kind from the list'],
    ['millrace deadletters list --data .millrace/payments', 'of a pipeline that does not run'],
  ],
  declare(command, surroundings, end) {
    command.exitOverride();
    list(command, surroundings, end);
    show(command, surroundings, end);
    change(command, surroundings, end, REPLAY);
    change(command, surroundings, end, DISCARD);
  },
};

interface ListOptions extends PlaceOptions {
  readonly limit: number;
  readonly code?: string;
  readonly json?: boolean;
}

function list(parent: Command, { out }: Surroundings, end: End): void {
  declarePlace(parent.command('list').description('Newest first, without payloads.'))
    .option('--limit <number>', 'how many at most', positive, 50)
    .option('--code <code>', 'only those with this code')
    .option('--json', 'one JSON object per line')
    .action(async (options: ListOptions) => {
      await at(options, async (place) => {
        let shown = 0;
        for await (const letter of chosen(place, options.code)) {
          if (shown >= options.limit) break;
          out.line(options.json ? JSON.stringify(letter) : lineOf(letter, out));
          shown++;
        }
        if (shown === 0 && !options.json) out.line('no dead letters');
      });
      end(EXIT.ok);
    });
}

function show(parent: Command, { out }: Surroundings, end: End): void {
  declarePlace(parent.command('show').description('One with its payload.'))
    .argument('<id>', 'as `list` shows it')
    .option('--json', 'as a JSON object')
    .action(async (id: string, options: PlaceOptions & { readonly json?: boolean }) => {
      const letter = await at(options, (place) => place.deadLetter(id));
      if (letter === null) throw unknown(id);
      out.line(options.json ? JSON.stringify(letter) : detailText(letter, out));
      end(EXIT.ok);
    });
}

interface Change {
  readonly name: 'replay' | 'discard';
  readonly does: string;
  readonly done: string;
}

const REPLAY: Change = {
  name: 'replay',
  does: 'Puts dead letters back, each at the stage that refused it, and takes them from the list.',
  done: 'replayed',
};
const DISCARD: Change = { name: 'discard', does: 'Takes dead letters from the list.', done: 'discarded' };

interface ChangeOptions extends PlaceOptions {
  readonly all?: boolean;
  readonly code?: string;
}

function change(parent: Command, surroundings: Surroundings, end: End, { name, does, done }: Change): void {
  const { out, err } = surroundings;
  declarePlace(parent.command(name).description(does))
    .argument('[ids...]', 'as `list` shows them')
    .option('--all', 'every one, or every one with --code')
    .option('--code <code>', 'with --all: only those with this code')
    .action(async (ids: readonly string[], options: ChangeOptions) => {
      if ((ids.length === 0) === (options.all !== true)) {
        throw new Failure('give the ids, or --all (with --code for one kind).', EXIT.usage);
      }
      const changed = await at(options, async (place) => {
        const wanted = options.all ? await idsOf(place, options.code) : ids;
        let count = 0;
        for (const id of wanted) {
          if (!(await place[name](id))) {
            if (!options.all) throw unknown(id);
            continue;
          }
          count++;
          if (err.isTty && count % PROGRESS_EVERY === 0) err.write(`\r${count} of ${wanted.length} ${done}`);
        }
        return count;
      });
      if (err.isTty && changed >= PROGRESS_EVERY) err.line();
      out.line(`${changed} ${done}`);
      end(EXIT.ok);
    });
}

const PROGRESS_EVERY = 50;

async function idsOf(place: Place, code: string | undefined): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of chosen(place, code)) ids.push(id);
  return ids;
}

async function* chosen(place: Place, code: string | undefined): AsyncGenerator<DeadLetter> {
  for await (const letter of place.deadLetters(Number.POSITIVE_INFINITY)) {
    if (code === undefined || letter.code === code) yield letter;
  }
}

function lineOf(letter: DeadLetter, { paint }: Terminal): string {
  const { id, time, code, message, stage } = letter;
  // Ingest's messages name file and row.
  const row = stage === 'ingest' ? null : rowText(letter);
  const where = row === null ? '' : ` (${row})`;
  return `${paint('dim', new Date(time).toISOString())} ${paint('yellow', code)} ${id}: ${message}${where}`;
}

/** Counted from 1, as editors do; a header is no row. */
function rowText({ contentType, source }: DeadLetter): string | null {
  const row = rowOf(contentType);
  return row === NO_POSITION ? null : `row ${row + 1} of source ${source}`;
}

function detailText(letter: DeadLetterDetail, { paint }: Terminal): string {
  const { payload, time, bytes, ...fields } = letter;
  const remedy = codeEntry(letter.code)?.remedy;
  const lines = Object.entries({ ...fields, time: new Date(time).toISOString() }).map(
    ([name, value]) => `${paint('dim', name.padEnd(12))}${value}`,
  );
  const content = payload.text ?? `${payload.base64} (base64)`;
  const row = rowText(letter);
  return [
    ...lines,
    ...(row === null ? [] : [`${paint('dim', 'where'.padEnd(12))}${row}`]),
    ...(remedy ? [`${paint('dim', 'what to do'.padEnd(12))}${remedy}`] : []),
    '',
    content,
  ].join('\n');
}

function unknown(id: string): Failure {
  return new Failure(
    `there is no dead letter ${id}: it may have been replayed or discarded. \`millrace deadletters list\` shows those there are.`,
    EXIT.faults,
  );
}

export function positive(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new InvalidArgumentError('it has to be a whole number from 1.');
}
