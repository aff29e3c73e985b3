import type { Clock } from '@millrace/lanes/ports/clock';
import type { Logger } from '@millrace/lanes/ports/logger';
import type { StateStore } from '@millrace/lanes/ports/state';
import type { OpenTopics } from '@millrace/lanes/ports/topics';
import type { Tracer } from '@millrace/lanes/ports/tracer';
import type { SourcePartStatus } from '@millrace/lanes/status';
import type { Kind } from '@millrace/pipeline/catalogue';
import type { Plan, SourcePlan } from '@millrace/pipeline/plan';
import type { Appender } from './appender.ts';
import type { Bounds } from './bounds.ts';
import type { Disk } from './disk.ts';
import type { Part } from './part.ts';
import type { Receiver } from './receiver.ts';

/** A kind of source: one file in `sources/` and one line in `sources.ts`. */
export interface SourceKind extends Kind {
  /** Finds its parts and where to go on. Rejects when it can't be read as the document says. */
  open(context: SourceContext): Promise<Source>;
}

export interface SourceContext {
  readonly plan: Plan;
  readonly source: SourcePlan;
  readonly appender: Appender;
  readonly state: StateStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly bounds: Bounds;
  readonly disk: Disk;
  /** Sampling; the spans of what is appended are the appender's. */
  readonly tracer: Tracer;
  /** Absent: there is no Kafka to read from. */
  readonly topics?: OpenTopics;
  /** How many records of raw the pipeline is behind. */
  lag(): number;
  /** The value of a setting with `"format": "secret"`. */
  secret(text: string): string;
}

export interface Source {
  readonly name: string;
  readonly kind: string;
  readonly finite: boolean;
  /** All of its parts; each has been opened in every lane before `run` is called. */
  readonly parts: readonly Part[];
  /** Events taken since the start. */
  readonly events: number;
  /**
   * Takes events until there are no more or it is stopped. When it resolves, all of them are acknowledged, `ended`
   * has been said of each part that was read to its end, and its position is saved. A source that is sent to
   * (`receiver`) only waits for `stop`.
   */
  run(): Promise<void>;
  stop(): void;
  status(): readonly SourcePartStatus[];
  /** For what comes over HTTP; null: the source reads by itself. */
  readonly receiver: Receiver | null;
}
