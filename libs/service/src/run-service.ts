import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { createMeasures } from '@millrace/lanes/measures';
import { systemClock } from '@millrace/lanes/ports/clock';
import type { Logger } from '@millrace/lanes/ports/logger';
import type { Catalogue } from '@millrace/pipeline/catalogue';
import type { Plan } from '@millrace/pipeline/plan';
import { readConfiguration } from './configuration/configuration.ts';
import { type Configuration, DEFAULT_PORTS, type ServiceName } from './configuration/settings.ts';
import type { ExitCode } from './exit-codes.ts';
import { failureOf } from './failure.ts';
import { createHealth, type HealthParts, healthRoutes, type Reason } from './health.ts';
import { openHost } from './http-host.ts';
import { createLaneBoard, type LaneBoard } from './lane-board.ts';
import { requirePlan } from './load-pipeline.ts';
import { createLog } from './log.ts';
import { serviceMetrics } from './metrics/service-metrics.ts';
import { tellWarnings } from './process-warnings.ts';
import { readSecrets } from './secrets.ts';
import type { ServiceContext } from './service-context.ts';
import { openTracing } from './tracing.ts';
import { untilSignalled } from './until-signalled.ts';

/** A service as its `main.ts` describes it. */
export interface ServiceDefinition {
  readonly name: ServiceName;
  /** The kinds of the document's sections that it runs; the others are not looked into. */
  readonly catalogue?: Catalogue;
  /** Resolves when it runs; may wait for servers for as long as it takes. */
  start(context: ServiceContext): Promise<Started>;
}

export interface Started {
  /** Takes nothing new and finishes what it has. What was opened is closed after it. */
  drain(): Promise<void>;
}

/** What no service can do without. */
const REQUIRED = ['pipeline', 'kafka', 'registry', 'redis', 'cassandra'] as const;
/** A lane that stopped for one of these goes on after a restart, once its cause is mended. */
const RESTART_HEALS: ReadonlySet<string> = new Set(['append_refused']);
/** How long such a lane is left alone, so that the others are not disturbed all the time. */
const HEAL_AFTER_MS = 60_000;

/** As in package.json: all workspaces have the same. */
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
};

/**
 * Runs a service until a signal, or until it can't go on: the whole of its `main.ts`. What it has to say is in its
 * log, on standard error; docs/configuration.md lists what it takes and how it ends.
 */
export async function runService(definition: ServiceDefinition): Promise<ExitCode> {
  const { name } = definition;
  let logger: Logger = createLog(
    { level: 'info', format: 'json', colour: false, fields: { service: name } },
    process.stderr,
  );
  watchProcess(() => logger);
  try {
    const configuration = readConfiguration(process.env, REQUIRED);
    const instance = configuration.instance ?? `${hostname()}-${process.pid}`;
    const plan = await requirePlan(configuration.pipeline!, definition.catalogue ?? {});
    const fields = { service: name, pipeline: plan.pipeline, instance };
    logger = createLog(
      { level: configuration.log_level, format: configuration.log_format, colour: false, fields },
      process.stderr,
    );
    return await runPlan(definition, { configuration, instance, plan, logger });
  } catch (error) {
    const { message, exitCode } = failureOf(error);
    logger.error({ exitCode }, message);
    return exitCode;
  }
}

/** What Node would print as it likes is a line of the log as well. */
function watchProcess(logger: () => Logger): void {
  tellWarnings((warning, message) => logger().warn({ warning }, message));
  const broken = (error: unknown): never => {
    const { message, exitCode } = failureOf(error);
    logger().error({ exitCode }, message);
    process.exit(exitCode);
  };
  process.on('uncaughtException', broken);
  process.on('unhandledRejection', broken);
}

interface Beginning {
  readonly configuration: Configuration;
  readonly instance: string;
  readonly plan: Plan;
  readonly logger: Logger;
}

async function runPlan(definition: ServiceDefinition, beginning: Beginning): Promise<ExitCode> {
  const { configuration, logger } = beginning;
  const over = new AbortController();
  const failed = Promise.withResolvers<never>();
  const opened = new AsyncDisposableStack();
  const context = await contextOf(definition.name, beginning, opened, over.signal, failed.reject);
  const { health, host } = context;
  logger.info({ url: host.url }, 'listening');
  let started: Started | null = null;
  const starting = definition.start(context).then((service) => {
    started = service;
    health.wait('start', null);
    if (!over.signal.aborted) logger.info({ url: host.url }, 'ready');
  });
  const begun = starting.then(
    () => failed.promise,
    // What failed, failed because it is to end.
    (error: unknown) => (over.signal.aborted ? failed.promise : Promise.reject(error)),
  );
  // A lane may stop the service before all of it has started.
  const finished = Promise.race([begun, failed.promise]);
  async function close(): Promise<void> {
    health.drain();
    over.abort();
    // What has only begun to start holds nothing that others wait for.
    await (started as Started | null)?.drain();
    if (started === null) return;
    await opened.disposeAsync();
    logger.info({}, 'drained');
  }
  return untilSignalled({ finished, close }, logger, configuration.drain);
}

async function contextOf(
  name: ServiceName,
  { configuration, instance, plan, logger }: Beginning,
  opened: AsyncDisposableStack,
  signal: AbortSignal,
  fail: (error: unknown) => void,
): Promise<ServiceContext> {
  const clock = systemClock;
  const startedMs = clock.now();
  const measures = createMeasures();
  const board = createLaneBoard({ pipeline: plan.pipeline, clock, logger, measures });
  const health = createHealth({
    stopped: () => stoppedLanes(board, clock.now()),
    failing: () => failingLanes(board),
  });
  const about = { service: name, pipeline: plan.pipeline };
  const metrics = serviceMetrics({ ...about, plan: plan.hash, version, measures, board, health, clock });
  const host = await openHost(
    { host: configuration.host, port: configuration.port ?? DEFAULT_PORTS[name], logger, isStarting: true },
    [healthRoutes(about, health), metrics.route],
  );
  // The last to be closed: a service that drains is still asked for its metrics.
  opened.defer(() => host.close());
  const tracing = await openTracing({
    service: `millrace-${name}`,
    version,
    instance,
    endpoint: configuration.otlp_endpoint ?? process.env.OTEL_EXPORTER_OTLP_ENDPOINT ?? null,
    rate: configuration.trace_rate ?? plan.traceRate,
    systems: { log: 'kafka', results: 'cassandra' },
    logger,
  });
  opened.defer(() => tracing.close());
  return {
    name,
    instance,
    configuration,
    env: process.env,
    plan,
    secrets: readSecrets(plan, process.env),
    logger,
    clock,
    startedMs,
    measures,
    board,
    health,
    metrics,
    host,
    tracer: tracing.tracer,
    opened,
    signal,
    fail,
  };
}

function stoppedLanes(board: LaneBoard, nowMs: number): ReturnType<HealthParts['stopped']> {
  return board.entries().flatMap(({ stage, topic, lane, stopped, stoppedMs }) => {
    if (stopped === null) return [];
    const restartHeals = RESTART_HEALS.has(stopped.code) && nowMs - stoppedMs > HEAL_AFTER_MS;
    const reason = `${stopped.message} [${stopped.code}]`;
    return [{ what: nameOf(stage, topic, lane), reason, restartHeals }];
  });
}

function failingLanes(board: LaneBoard): readonly Reason[] {
  return board
    .entries()
    .flatMap(({ stage, topic, lane, stopped, failing }) =>
      failing === null || stopped !== null ? [] : [{ what: nameOf(stage, topic, lane), reason: failing }],
    );
}

const nameOf = (stage: string, topic: string, lane: number): string => `lane ${lane} of ${topic} in ${stage}`;
