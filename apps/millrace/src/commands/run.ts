import { EXIT } from '@millrace/service/exit-codes';
import { Failure } from '@millrace/service/failure';
import { LOG_FORMATS, LOG_LEVELS } from '@millrace/service/log';
import { InvalidArgumentError, Option } from 'commander';
import type { CommandModule } from '../command.ts';
import { type RunSettings, runDocument } from '../run/run-document.ts';

type Switch = 'keepTopics' | 'rebuild' | 'exitWhenDone' | 'watch';

/** As commander gives them: a switch that isn't given isn't there. */
type RunOptions = Omit<RunSettings, Switch> &
  Partial<Pick<RunSettings, Switch>> & {
    readonly backbone: string;
    readonly stages?: string;
  };

const ABOUT = `Runs a pipeline: all stages in this process, its page and API on one port.

Everything that was acknowledged is in the data folder: after a stop or a crash it goes on from there. A secret NAME of
the document is the variable MILLRACE_SECRET_NAME, or in the file that MILLRACE_SECRET_NAME_FILE names. The first
Ctrl-C or SIGTERM drains, the second ends it at once.

--exit-when-done leaves windows open that a source without an end, such as http, may add to, and
says how many. For final results of files alone, leave such sources out of the document.`;

const PORT_MAX = 65_535;
const STAGES = ['ingest', 'validate', 'enrich', 'aggregate', 'route', 'serve'];

export const run: CommandModule = {
  name: 'run',
  summary: 'run a pipeline: all stages in this process, its page and API on one port',
  examples: [
    ['millrace run pipeline.yaml', 'until Ctrl-C; the page is at http://127.0.0.1:8080'],
    [
      'millrace run pipeline.yaml --port 0 --data /var/lib/millrace/payments',
      'any free port, its own folder',
    ],
    ['millrace run pipeline.yaml --exit-when-done', 'ends once every file has been read; prints the audit'],
    ['millrace run pipeline.yaml --rebuild', 'after a change of the document: everything anew from raw'],
    ['millrace run pipeline.yaml --watch', 'while writing the document: the same after each change'],
  ],
  declare(command, surroundings, end) {
    command
      .argument('<file>', 'a pipeline document')
      .description(ABOUT)
      .option('--data <folder>', 'where everything is kept (default: .millrace/PIPELINE)')
      .option('--port <number>', 'the page, the API and events on HTTP; 0: any free one', portOf, 8080)
      .option('--host <address>', 'the address to listen on; 0.0.0.0: all', '127.0.0.1')
      .option('--stages <names>', `which stages run here: ${STAGES.join(',')} (default: all)`)
      .addOption(new Option('--backbone <name>', 'what the stages talk through').default('embedded'))
      .option('--keep-topics', 'run the stages one by one and keep every topic between them')
      .option('--rebuild', 'forget states and results, and compute them again from the raw log')
      .option('--exit-when-done', 'end once every source that ends has been read')
      .option('--watch', 'start again with --rebuild when the document has changed')
      .addOption(
        new Option('--log-level <level>', 'what is logged')
          .choices(LOG_LEVELS)
          .default('info')
          .env('MILLRACE_LOG_LEVEL'),
      )
      .addOption(
        new Option('--log-format <format>', 'default: pretty on a terminal, json elsewhere')
          .choices(LOG_FORMATS)
          .env('MILLRACE_LOG_FORMAT'),
      )
      .action(async (file: string, options: RunOptions) => {
        refuseWhatIsNotThere(options);
        const { keepTopics = false, rebuild = false, exitWhenDone = false, watch = false } = options;
        end(await runDocument(file, { ...options, keepTopics, rebuild, exitWhenDone, watch }, surroundings));
      });
  },
};

function portOf(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= PORT_MAX) return port;
  throw new InvalidArgumentError(`a port is a number from 0 to ${PORT_MAX}.`);
}

function refuseWhatIsNotThere({ backbone, stages, keepTopics, rebuild, watch }: RunOptions): void {
  if (keepTopics && (rebuild || watch)) {
    throw new Failure(
      '--rebuild and --watch are for stages that run fused, without --keep-topics; give an empty folder (--data) instead.',
      EXIT.usage,
    );
  }
  if (backbone !== 'embedded') {
    throw new Failure(
      `--backbone ${backbone}: this command runs stages in one process on a data folder (--backbone embedded). Over Kafka they run as services, each a program of its own: docs/configuration.md.`,
      EXIT.usage,
    );
  }
  const named = stages === undefined ? STAGES : stages.split(',').map((name) => name.trim());
  const unknown = named.filter((name) => !STAGES.includes(name));
  if (unknown.length > 0) {
    throw new Failure(`there is no stage ${unknown.join(', ')}; there are ${STAGES.join(', ')}.`, EXIT.usage);
  }
  if (STAGES.some((name) => !named.includes(name))) {
    throw new Failure(
      '--stages with only some of them needs a log that processes share: run the services instead (docs/configuration.md), each a program of its own. Leave --stages out: the embedded backbone runs all of them.',
      EXIT.usage,
    );
  }
}
