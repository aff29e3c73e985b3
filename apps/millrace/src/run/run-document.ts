import { join, resolve } from 'node:path';
import type { Plan } from '@millrace/pipeline/plan';
import { EXIT, type ExitCode } from '@millrace/service/exit-codes';
import { Failure } from '@millrace/service/failure';
import { createLog, type LogSettings } from '@millrace/service/log';
import { untilSignalled } from '@millrace/service/until-signalled';
import type { Surroundings } from '../command.ts';
import { requirePlan } from '../load-pipeline.ts';
import { type RunningPipeline, startPipeline } from '../start-pipeline.ts';
import type { Terminal } from '../terminal.ts';
import { auditText } from './audit-text.ts';
import { curlLine } from './curl-line.ts';
import { nextVersion } from './next-version.ts';
import { type StatusLine, startStatusLine } from './status-line.ts';

export interface RunSettings {
  readonly data?: string;
  readonly port: number;
  readonly host: string;
  readonly keepTopics: boolean;
  readonly rebuild: boolean;
  readonly exitWhenDone: boolean;
  readonly watch: boolean;
  readonly logLevel: LogSettings['level'];
  readonly logFormat?: LogSettings['format'];
}

/** Runs a document until it is done, a signal, or a failure; with `watch`, each version of it after the other. */
export async function runDocument(
  file: string,
  settings: RunSettings,
  surroundings: Surroundings,
): Promise<ExitCode> {
  let plan = await requirePlan(file);
  if (settings.exitWhenDone && !plan.sources.some(({ finite }) => finite)) {
    throw new Failure(
      `--exit-when-done: no source of ${plan.pipeline} ends by itself, so it never would.`,
      EXIT.usage,
    );
  }
  const run = new DocumentRun(file, settings, surroundings);
  for (let rebuild = settings.rebuild; ; rebuild = true) {
    const { code, next } = await run.version(plan, rebuild);
    if (next === null || code !== EXIT.ok) return code;
    plan = next;
  }
}

class DocumentRun {
  readonly #file: string;
  readonly #settings: RunSettings;
  readonly #surroundings: Surroundings;
  readonly #format: LogSettings['format'];
  readonly #logger: ReturnType<typeof createLog>;
  #line: StatusLine | null = null;
  /** Of the first version; the next ones are at the same place. */
  #port: number;

  constructor(file: string, settings: RunSettings, surroundings: Surroundings) {
    const { err } = surroundings;
    this.#file = file;
    this.#settings = settings;
    this.#surroundings = surroundings;
    this.#format = settings.logFormat ?? (err.isTty ? 'pretty' : 'json');
    this.#port = settings.port;
    const colour = err.paint('red', 'x') !== 'x';
    this.#logger = createLog({ level: settings.logLevel, format: this.#format, colour }, this.#above(err));
  }

  /** Until it ends, or until there is a next version to run. */
  async version(
    plan: Plan,
    rebuild: boolean,
  ): Promise<{ readonly code: ExitCode; readonly next: Plan | null }> {
    const { err } = this.#surroundings;
    const pipeline = await this.#start(plan, rebuild);
    this.#line = startStatusLine(err, pipeline.status);
    const over = new AbortController();
    let next: Plan | null = null;
    const reasons: Promise<unknown>[] = [pipeline.finished];
    if (this.#settings.exitWhenDone) reasons.push(pipeline.sourcesDone);
    if (this.#settings.watch) {
      reasons.push(
        nextVersion(this.#file, plan, (faults) => this.#tell(faults), over.signal).then((changed) => {
          next = changed;
          this.#logger.info(
            { file: this.#file },
            'the document has changed: computing everything anew from raw',
          );
        }),
      );
    }
    const finished = Promise.race(reasons).then(() => {});
    try {
      const code = await untilSignalled({ finished, close: pipeline.close }, this.#logger);
      this.#line.stop();
      if (next === null) {
        const { audit, openWindows } = pipeline.status();
        err.line(auditText(audit));
        if (this.#settings.exitWhenDone) err.write(openWindowsText(openWindows, plan));
      }
      return { code, next };
    } finally {
      over.abort();
      this.#line.stop();
      this.#line = null;
    }
  }

  async #start(plan: Plan, rebuild: boolean): Promise<RunningPipeline> {
    const { out, err, env } = this.#surroundings;
    const { data, host, keepTopics } = this.#settings;
    const folder = data ?? join('.millrace', plan.pipeline);
    const pipeline = await startPipeline({
      plan,
      document: resolve(this.#file),
      folder,
      logger: this.#logger,
      env,
      stdout: this.#above(out),
      listen: { host, port: this.#port },
      keepTopics,
      rebuild,
    });
    this.#port = Number(new URL(pipeline.url!).port);
    const url = pipeline.url!;
    const send = curlLine(plan, url);
    if (this.#format === 'pretty') err.write(welcome(plan, url, folder, send, this.#surroundings));
    else this.#logger.info({ pipeline: plan.pipeline, url, data: folder, send }, 'running');
    return pipeline;
  }

  #tell(faults: string): void {
    const { err } = this.#surroundings;
    const text = `${err.paint('yellow', 'the document can not run as it is; the version before goes on:')}\n${faults}\n`;
    this.#above(err).write(text);
  }

  /** A stream whose output doesn't run into the status line. */
  #above(terminal: Terminal) {
    return {
      isTTY: terminal.isTty,
      write: (text: string) =>
        this.#line === null ? terminal.write(text) : this.#line.write(terminal, text),
    };
  }
}

/** Why windows have no final result although every file has been read; empty: none is open. */
function openWindowsText(count: number, { sources }: Plan): string {
  const names = sources.filter(({ finite }) => !finite).map(({ name }) => name);
  if (count === 0 || names.length === 0) return '';
  const windows = count === 1 ? '1 window is' : `${count.toLocaleString('en-US')} windows are`;
  const may = names.length === 1 ? `source ${names[0]} may` : `sources ${names.join(', ')} may`;
  return `${windows} still open: ${may} send more\n`;
}

/** Where the page is, and how to send an event of one's own. */
function welcome(
  plan: Plan,
  url: string,
  folder: string,
  send: string | null,
  { err }: Surroundings,
): string {
  const lines = [
    `${err.paint('bold', plan.pipeline)} runs; its page is at ${err.paint('cyan', `${url}/`)}`,
    `what it keeps is in ${folder}; Ctrl-C drains and ends it`,
    ...(send === null ? [] : ['send an event of your own:', send]),
  ];
  return `${lines.map((text) => `  ${text}`).join('\n')}\n\n`;
}
