import { join, resolve } from 'node:path';
import { systemClock } from '@millrace/lanes/ports/clock';
import type { Plan } from '@millrace/pipeline/plan';
import { exampleEvent } from '@millrace/serve/example-event';
import { EXIT, type ExitCode } from '@millrace/service/exit-codes';
import { Failure } from '@millrace/service/failure';
import { createLog, LOG_FORMATS, LOG_LEVELS, type LogSettings } from '@millrace/service/log';
import { untilSignalled } from '@millrace/service/until-signalled';
import { InvalidArgumentError, Option } from 'commander';
import type { CommandModule, Surroundings } from '../command.ts';
import { requirePlan } from '../load-pipeline.ts';
import { auditText } from '../run/audit-text.ts';
import { type StatusLine, startStatusLine } from '../run/status-line.ts';
import { type RunningPipeline, startPipeline } from '../start-pipeline.ts';

interface RunOptions {
  readonly data?: string;
  readonly port: number;
  readonly host: string;
  readonly backbone: string;
  readonly stages?: string;
  readonly rebuild?: boolean;
  readonly keepTopics?: boolean;
  readonly exitWhenDone?: boolean;
  readonly logLevel: LogSettings['level'];
  readonly logFormat?: LogSettings['format'];
}

const PORT_MAX = 65_535;
const STAGES = ['ingest', 'validate', 'enrich', 'aggregate', 'route', 'serve'];

export const run: CommandModule = {
  name: 'run',
  summary: 'run a pipeline: all stages in this process, its page and API on one port',
  examples: [
    ['millrace run pipeline.yaml', 'until Ctrl-C; the page is at http://127.0.0.1:8080'],
    [
      'millrace run pipeline.yaml --port 0 --data /var/lib/millrace/payments',
      'any free port, a data folder of its own',
    ],
    [
      'millrace run pipeline.yaml --exit-when-done',
      'ends once every file has been read, and prints the audit',
    ],
    [
      'millrace run pipeline.yaml --rebuild',
      'computes everything anew from the raw log, after a change of the document',
    ],
  ],
  declare(command, surroundings, end) {
    command
      .argument('<file>', 'a pipeline document')
      .option('--data <folder>', 'where everything is kept (default: .millrace/PIPELINE)')
      .option('--port <number>', 'the page, the API and events on HTTP; 0: any free one', portOf, 8080)
      .option('--host <address>', 'the address to listen on; 0.0.0.0: all', '127.0.0.1')
      .option('--stages <names>', `which stages run here: ${STAGES.join(',')} (default: all)`)
      .addOption(new Option('--backbone <name>', 'what the stages talk through').default('embedded'))
      .option('--keep-topics', 'run the stages one by one and keep every topic between them')
      .option('--rebuild', 'forget states and results, and compute them again from the raw log')
      .option('--exit-when-done', 'end once every source that ends has been read')
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
        end(await runPipeline(file, options, surroundings));
      });
  },
};

function portOf(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= PORT_MAX) return port;
  throw new InvalidArgumentError(`a port is a number from 0 to ${PORT_MAX}.`);
}

function refuseWhatIsNotThere({ backbone, stages, keepTopics, rebuild }: RunOptions): void {
  if (keepTopics && rebuild) {
    throw new Failure(
      '--rebuild is for stages that run fused, without --keep-topics; give an empty folder (--data) instead.',
      EXIT.usage,
    );
  }
  if (backbone !== 'embedded') {
    throw new Failure(
      `--backbone ${backbone} is not there yet: stages run in one process on a data folder (--backbone embedded).`,
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
      '--stages with only some of them needs a log that processes share, which is not there yet. Leave --stages out: the embedded backbone runs all of them.',
      EXIT.usage,
    );
  }
}

async function runPipeline(file: string, options: RunOptions, surroundings: Surroundings): Promise<ExitCode> {
  const plan = await requirePlan(file);
  const { out, err, env } = surroundings;
  if (options.exitWhenDone && !plan.sources.some(({ finite }) => finite)) {
    throw new Failure(
      `--exit-when-done: no source of ${plan.pipeline} ends by itself, so it never would.`,
      EXIT.usage,
    );
  }
  let line: StatusLine | null = null;
  const above = (terminal: typeof out) => ({
    isTTY: terminal.isTty,
    write: (text: string) => (line === null ? terminal.write(text) : line.write(terminal, text)),
  });
  const format = options.logFormat ?? (err.isTty ? 'pretty' : 'json');
  const colour = err.paint('red', 'x') !== 'x';
  const logger = createLog({ level: options.logLevel, format, colour }, above(err));
  const folder = options.data ?? join('.millrace', plan.pipeline);
  const pipeline = await startPipeline({
    plan,
    document: resolve(file),
    folder,
    logger,
    env,
    stdout: above(out),
    listen: { host: options.host, port: options.port },
    keepTopics: options.keepTopics ?? false,
    rebuild: options.rebuild ?? false,
  });
  if (format === 'pretty') err.write(welcome(plan, pipeline, folder, surroundings));
  else logger.info({ pipeline: plan.pipeline, url: pipeline.url, data: folder }, 'running');
  line = startStatusLine(err, pipeline.status);
  const finished = options.exitWhenDone
    ? Promise.race([pipeline.finished, pipeline.sourcesDone])
    : pipeline.finished;
  try {
    const code = await untilSignalled({ finished, close: pipeline.close }, logger);
    line.stop();
    err.line(auditText(pipeline.status().audit));
    return code;
  } finally {
    line.stop();
  }
}

/** Where the page is, and how to send an event of one's own. */
function welcome(plan: Plan, { url }: RunningPipeline, folder: string, { err }: Surroundings): string {
  const lines = [
    `${err.paint('bold', plan.pipeline)} runs; its page is at ${err.paint('cyan', `${url}/`)}`,
    `what it keeps is in ${folder}; Ctrl-C drains and ends it`,
    ...curlLine(plan, url ?? ''),
  ];
  return `${lines.map((text) => `  ${text}`).join('\n')}\n\n`;
}

/** One that can be pasted into a shell; none where no source takes events as they are. */
function curlLine({ pipeline, sources, event }: Plan, url: string): string[] {
  const source = sources.find(({ kind, map }) => kind === 'http' && map === null);
  if (source === undefined) return [];
  const example = JSON.stringify(exampleEvent(event.schema, systemClock.now()));
  const token = source.config.auth === undefined ? '' : " -H 'authorization: Bearer TOKEN'";
  const quoted = `'${example.replaceAll("'", `'\\''`)}'`;
  return [
    'send an event of your own:',
    `curl -H 'content-type: application/json'${token} ${url}/v1/pipelines/${pipeline}/events/${source.name} -d ${quoted}`,
  ];
}
