/** A time span with its unit: `250ms`, `10s`, `5m`, `1h`, `30d`. */
export type Duration = `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`;

/** Text in the expression language, or a pure function: the same scope must always give the same value. */
export type Expr<Scope, Result> = string | ((scope: Scope) => Result);

type Text = string | number | bigint | boolean;
type Names = { readonly [name: string]: unknown };
type None = Record<never, never>;

/** What an arrived event looks like: the schema's fields. `millrace types` generates the type. */
export interface EventScope<Event> {
  readonly event: Readonly<Event>;
}

/** An event after validate. */
export interface FlaggedScope<Event> {
  readonly event: Readonly<Event> & { readonly flags: readonly string[] };
}

/** An event after enrich: each enrichment is null where its table had no such row. */
export interface EnrichedScope<Event, Enrichments> {
  readonly event: Readonly<Event> & { readonly flags: readonly string[] } & {
    readonly [Name in keyof Enrichments]: Readonly<Enrichments[Name]> | null;
  };
}

export interface RowScope {
  /** What arrived, as its format gives it. */
  readonly row: Readonly<Record<string, unknown>>;
  /** Its position in its source, from 0. */
  readonly row_number: number;
}

export interface WindowScope<Values> {
  readonly window: {
    readonly name: string;
    readonly group: string;
    readonly start: number;
    readonly end: number;
    readonly revision: number;
    readonly final: boolean;
  } & Readonly<Values>;
}

export interface AlertScope {
  readonly alert: {
    readonly id: string;
    readonly name: string;
    readonly group: string;
    readonly severity: Severity;
    readonly message: string;
    readonly time: number;
    readonly value: number | null;
    readonly score: number | null;
  };
}

export type Severity = 'low' | 'medium' | 'high' | 'critical';

/** Settings of exactly one kind, under its name. */
export type OneKind = { readonly [kind: string]: unknown };

type Numbers = { readonly [name: string]: number | string | null };

/** Every kind of window result that a detector or a route may see. */
type AnyWindow = WindowScope<Numbers>;

interface SharedDetector {
  readonly name: string;
  readonly severity?: Severity;
  readonly message?: string;
  readonly method?: OneKind;
}

/** Judges events. */
export interface EventDetector<Event, Enrichments> extends SharedDetector {
  readonly on?: 'events';
  readonly by?: Expr<EnrichedScope<Event, Enrichments>, Text | null>;
  readonly when?: Expr<EnrichedScope<Event, Enrichments>, boolean>;
  readonly value?: Expr<EnrichedScope<Event, Enrichments>, number | null>;
}

/** Judges a window's results. */
export interface WindowDetector extends SharedDetector {
  readonly on: `windows.${string}`;
  readonly when?: Expr<AnyWindow, boolean>;
  readonly value?: Expr<AnyWindow, number | null>;
  readonly once_per?: 'window';
}

interface SharedRoute {
  readonly name: string;
  /** A bare name where a sink needs no settings. */
  readonly to: readonly (OneKind | string)[];
}

export type Route<Event, Enrichments> = SharedRoute &
  (
    | { readonly from?: 'events'; readonly when?: Expr<EnrichedScope<Event, Enrichments>, boolean> }
    | { readonly from: 'alerts'; readonly when?: Expr<AlertScope, boolean> }
    | { readonly from: `windows.${string}`; readonly when?: Expr<AnyWindow, boolean> }
  );

/**
 * A pipeline document as a typed object: the same shape as the YAML, and a pure function wherever an expression may
 * stand. `Event` is the type of the schema's record, `Enrichments` that of what each enrichment adds.
 */
export interface PipelineDefinition<Event, Enrichments = None> {
  readonly pipeline: string;
  readonly lanes?: number;
  readonly event: {
    /** The Avro schema's file, or the schema itself. */
    readonly schema: string | Names;
    readonly id?: Expr<EventScope<Event>, Text>;
    readonly key?: Expr<EventScope<Event>, Text | null>;
    /** Milliseconds since 1970 UTC. */
    readonly time: Expr<EventScope<Event>, number>;
    readonly priority?: Expr<EventScope<Event>, 'high' | 'normal' | 'low'>;
  };
  readonly trace?: { readonly rate?: number };
  readonly time?: {
    readonly out_of_order?: Duration;
    readonly max_ahead?: Duration;
    readonly idle?: Duration;
    readonly dedupe?: Duration;
    readonly keep?: Duration;
  };
  readonly secrets?: readonly string[];
  readonly functions?: string;
  readonly sources: {
    readonly [name: string]:
      | string
      | (OneKind & {
          readonly map?: { readonly [Field in keyof Event]?: Expr<RowScope, unknown> };
        });
  };
  readonly validate?: {
    readonly clean?: { readonly [Field in keyof Event]?: Expr<EventScope<Event>, Event[Field]> };
    readonly rules?: readonly {
      readonly name: string;
      readonly check: Expr<EventScope<Event>, boolean>;
      readonly otherwise?: 'reject' | 'flag' | 'drop';
      readonly message?: string;
    }[];
    readonly unknown_fields?: 'reject' | 'ignore';
  };
  readonly tables?: {
    readonly [name: string]: OneKind & {
      readonly primary: string;
      readonly columns?: { readonly [column: string]: 'string' | 'double' | 'boolean' | 'long' };
      readonly refresh?: Duration;
    };
  };
  readonly enrich?: readonly {
    readonly name: keyof Enrichments & string;
    readonly table: string;
    readonly match: Expr<FlaggedScope<Event>, Text | null>;
    readonly add: readonly string[];
    readonly missing?: 'flag' | 'reject' | 'ignore';
  }[];
  readonly aggregate?: readonly {
    readonly name: string;
    readonly by: Expr<EnrichedScope<Event, Enrichments>, Text | null>;
    readonly window: OneKind;
    readonly lateness?: Duration;
    readonly emit?: 'close' | 'updates';
    readonly on_late?: 'dead_letter' | 'update';
    readonly when?: Expr<EnrichedScope<Event, Enrichments>, boolean>;
    /** Aggregates as text: `sum(event.amount)`. */
    readonly compute: { readonly [name: string]: string };
  }[];
  readonly detect?: readonly (EventDetector<Event, Enrichments> | WindowDetector)[];
  readonly route?: readonly Route<Event, Enrichments>[];
  readonly cases?: readonly {
    readonly name: string;
    readonly given: readonly {
      readonly event: Partial<Event> | Names;
      readonly source?: string;
      readonly repeat?: number;
      readonly every?: Duration;
    }[];
    readonly expect: {
      readonly alerts?: readonly Names[];
      readonly deadletters?: readonly Names[];
      readonly windows?: readonly Names[];
      readonly events?: readonly Names[];
    };
  }[];
}

/** The typed form of a pipeline document; `compile({ object })` takes what it answers. */
export function definePipeline<Event, Enrichments = None>(
  definition: PipelineDefinition<Event, Enrichments>,
): PipelineDefinition<Event, Enrichments> {
  return definition;
}
