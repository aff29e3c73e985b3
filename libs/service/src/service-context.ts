import type { Measures } from '@millrace/lanes/measures';
import type { Clock } from '@millrace/lanes/ports/clock';
import type { Logger } from '@millrace/lanes/ports/logger';
import type { Tracer } from '@millrace/lanes/ports/tracer';
import type { Plan } from '@millrace/pipeline/plan';
import type { Environment } from './configuration/configuration.ts';
import type { Configuration, ServiceName } from './configuration/settings.ts';
import type { Health } from './health.ts';
import type { Host } from './http-host.ts';
import type { LaneBoard } from './lane-board.ts';
import type { ServiceMetrics } from './metrics/service-metrics.ts';

/** What a service is given to start with. */
export interface ServiceContext {
  readonly name: ServiceName;
  /** Which of its replicas. */
  readonly instance: string;
  readonly configuration: Configuration;
  readonly env: Environment;
  readonly plan: Plan;
  /** Values of the document's secrets. */
  readonly secrets: ReadonlyMap<string, string>;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly startedMs: number;
  readonly measures: Measures;
  readonly board: LaneBoard;
  readonly health: Health;
  readonly metrics: ServiceMetrics;
  readonly tracer: Tracer;
  readonly host: Host;
  /** Where what is opened says how it is closed. */
  readonly opened: AsyncDisposableStack;
  /** Aborted when the service is to end. */
  readonly signal: AbortSignal;
  /** Ends the service with the error. */
  fail(error: unknown): void;
}
