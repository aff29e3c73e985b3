import type { AggregateKind } from './aggregate-kind.ts';
import type { Detector } from './detector-kind.ts';
import type { EventCodec } from './event-codec.ts';
import type { Topology } from './topology.ts';
import type { WindowKind } from './window-kind.ts';

/** Avro schema as JSON (Avro 1.11 specification). */
export type AvroSchema = string | { readonly [key: string]: unknown } | readonly AvroSchema[];

/**
 * An event as expressions and functions see it: the schema's fields by name, one nullable record per
 * enrichment under the enrichment's name, and `flags`. Numbers are doubles, except 64-bit integers
 * beyond 2^53, which are bigints so that they keep their exact value. Times are milliseconds since 1970 UTC.
 */
export type EventValue = Record<string, unknown>;

/** What expressions may refer to; which of them are set depends on where the expression stands. */
export interface Scope {
  event?: EventValue;
  /** A source's record before `map`; field names are the source's own. */
  row?: Record<string, unknown>;
  /** The position of `row` in its source, counted from 0. */
  row_number?: number;
  /** A window result: `group`, `start`, `end`, `revision`, `final` and the computed values by name. */
  window?: Record<string, unknown>;
  alert?: Record<string, unknown>;
}

/**
 * A compiled expression or user function. Pure: the same scope gives the same value.
 * Throws `ExpressionError` (code `expression_error`) when it can't be evaluated, never anything else.
 */
export type Expression<T> = (scope: Scope) => T;

/** The document after every check: all that the stages need, and nothing that needs I/O. */
export interface Plan {
  readonly pipeline: string;
  /** The number of partitions of every topic of the pipeline. */
  readonly lanes: number;
  /** SHA-256 of the document, its schemas and functions; in commits and checkpoints. */
  readonly hash: string;
  /** The same by section of the document, with `event.schema`, to say what another version has changed. */
  readonly sections: Readonly<Record<string, string>>;
  readonly time: TimePlan;
  /** The share of events, from 0 to 1, that are traced although nobody asked for it. */
  readonly traceRate: number;
  readonly event: EventPlan;
  readonly secrets: readonly string[];
  readonly sources: readonly SourcePlan[];
  readonly validate: ValidatePlan;
  readonly tables: readonly TablePlan[];
  readonly enrich: readonly EnrichPlan[];
  readonly windows: readonly WindowPlan[];
  readonly detectors: readonly DetectorPlan[];
  readonly routes: readonly RoutePlan[];
  readonly cases: readonly CasePlan[];
  readonly fieldsUsed: FieldsUsed;
  readonly schemas: DerivedSchemas;
  readonly topology: Topology;
  /** The folder that relative paths in the document start from. */
  readonly folder: string;
}

/**
 * The top-level names under `event` that each stage's expressions read (fields, enrichments, `flags`); null: all of
 * them, because a function reads what it likes. A stage of its own process decodes no others to evaluate them.
 */
export interface FieldsUsed {
  readonly validate: readonly string[] | null;
  readonly enrich: readonly string[] | null;
  readonly aggregate: readonly string[] | null;
  /** For conditions; what a sink is given is the whole event. */
  readonly route: readonly string[] | null;
}

/** All in milliseconds. */
export interface TimePlan {
  readonly outOfOrderMs: number;
  readonly maxAheadMs: number;
  readonly idleMs: number;
  readonly dedupeMs: number;
  /** How long windows are kept for corrections beyond their lateness. */
  readonly keepMs: number;
}

export interface EventPlan {
  readonly schema: AvroSchema;
  readonly codec: EventCodec;
  /** Null: an event is identified by where it came from. */
  readonly id: Expression<string> | null;
  /** Null: the id is the key. Never null from the expression: a null key is the empty string. */
  readonly key: Expression<string> | null;
  /** The source text of `key`, to tell whether a window's group is the lane's key. */
  readonly keyText: string | null;
  /** Milliseconds since 1970 UTC. */
  readonly time: Expression<number>;
  /** `high`, `normal` or `low`; null: every event is normal. */
  readonly priority: Expression<string> | null;
  /** The top-level event fields that id, key, time and priority read: ingest computes no others. */
  readonly ingestFields: readonly string[];
}

export interface SourcePlan {
  readonly name: string;
  /** The kind's name (`http`, `file`, …) and its checked settings. */
  readonly kind: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** One expression over `row` and `row_number` per event field; null: the record is the event. */
  readonly map: ReadonlyMap<string, Expression<unknown>> | null;
  /** Whether the source comes to an end by itself (a file that is not followed). */
  readonly finite: boolean;
}

export interface ValidatePlan {
  /** In document order; each sees the results of those before it. */
  readonly clean: readonly { readonly field: string; readonly value: Expression<unknown> }[];
  readonly rules: readonly RulePlan[];
  /** What happens to a field that the schema does not have. */
  readonly unknownFields: 'reject' | 'ignore';
}

export interface RulePlan {
  readonly name: string;
  readonly check: Expression<boolean>;
  readonly otherwise: 'reject' | 'flag' | 'drop';
  /** For the dead letter; defaults to the check's own text. */
  readonly message: string;
}

export interface TablePlan {
  readonly name: string;
  readonly kind: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly primary: string;
  /** The columns that some enrichment adds, with their types. */
  readonly columns: ReadonlyMap<string, ColumnType>;
  readonly refreshMs: number | null;
}

export type ColumnType = 'string' | 'double' | 'boolean' | 'long';

export interface EnrichPlan {
  /** Adds `event.NAME` (nullable record) and, on a miss, the flag `NAME_missing`. */
  readonly name: string;
  readonly table: string;
  /** Null: nothing to look up, which counts as missing. */
  readonly match: Expression<string | null>;
  readonly add: readonly string[];
  readonly missing: 'flag' | 'reject' | 'ignore';
}

export interface WindowPlan {
  readonly name: string;
  /** Null from the expression: the event does not belong to this window. */
  readonly by: Expression<string | null>;
  /** True when the group is the lane's key, so that each group lives in one lane; false: two phases. */
  readonly local: boolean;
  readonly window: WindowKind;
  readonly latenessMs: number;
  readonly emit: 'close' | 'updates';
  readonly onLate: 'dead_letter' | 'update';
  /** Null: every event. */
  readonly when: Expression<boolean> | null;
  readonly compute: readonly ComputePlan[];
}

export interface ComputePlan {
  readonly name: string;
  readonly aggregate: AggregateKind;
  /** The aggregate's first argument; null where it has none (`count()`). Null values are left out. */
  readonly value: Expression<unknown> | null;
  /** The further, constant arguments (`percentile(x, 95)`: [95]). */
  readonly parameters: readonly number[];
}

export interface DetectorPlan {
  readonly name: string;
  /** The name of the window whose results it watches; null: events. */
  readonly window: string | null;
  /** Null for a condition on events without group: the group is the lane's key. */
  readonly by: Expression<string | null> | null;
  readonly when: Expression<boolean> | null;
  readonly value: Expression<number | null> | null;
  /** How it judges; see `detector-kind.ts`. Null: the condition alone decides. */
  readonly method: Detector | null;
  readonly oncePer: 'window' | null;
  readonly severity: string;
  readonly message: string | null;
}

export interface RoutePlan {
  readonly name: string;
  readonly from:
    | { readonly topic: 'events' }
    | { readonly topic: 'alerts' }
    | { readonly topic: 'windows'; readonly window: string };
  readonly when: Expression<boolean> | null;
  readonly to: readonly SinkPlan[];
}

export interface SinkPlan {
  /** Unique in the pipeline: `ROUTE.KIND` or `ROUTE.KIND.INDEX`; names the sink's dead letters. */
  readonly name: string;
  readonly kind: string;
  readonly config: Readonly<Record<string, unknown>>;
}

export interface CasePlan {
  readonly name: string;
  readonly given: readonly GivenPlan[];
  readonly expect: {
    readonly alerts?: readonly Record<string, unknown>[];
    readonly deadletters?: readonly Record<string, unknown>[];
    readonly windows?: readonly Record<string, unknown>[];
    readonly events?: readonly Record<string, unknown>[];
  };
  /** Where the case stands in the document. */
  readonly line: number;
}

export interface GivenPlan {
  readonly event: Record<string, unknown>;
  readonly source: string | null;
  readonly repeat: number;
  readonly everyMs: number;
}

/** The Avro schemas of the topics' records (`records.ts` says what each field means). */
export interface DerivedSchemas {
  readonly raw: AvroSchema;
  readonly tick: AvroSchema;
  readonly opened: AvroSchema;
  readonly rejected: AvroSchema;
  readonly replay: AvroSchema;
  readonly validated: AvroSchema;
  readonly enriched: AvroSchema;
  readonly aggregated: AvroSchema;
  readonly windows: ReadonlyMap<string, AvroSchema>;
  readonly alert: AvroSchema;
  readonly partial: AvroSchema;
  readonly mark: AvroSchema;
}
