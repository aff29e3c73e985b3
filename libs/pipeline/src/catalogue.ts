/**
 * The kinds of sources, tables and sinks that a document may name. The stage that runs a kind declares it, in one
 * file with its implementation; whoever compiles a document passes the catalogue in. A kind that is not in it is
 * refused, unless the whole section is absent (a service that does not run that section).
 */
export interface Catalogue {
  readonly sources?: Readonly<Record<string, Kind>>;
  readonly tables?: Readonly<Record<string, Kind>>;
  readonly sinks?: Readonly<Record<string, Kind>>;
}

export interface Kind {
  readonly name: string;
  /** One line for the editor and `--help`. */
  readonly summary: string;
  /**
   * JSON Schema (draft 2020-12) of its settings. A string with `"format": "duration"` is written `10s` and becomes
   * milliseconds; with `"format": "rate"` it is written `500/s` and becomes events per second; with
   * `"format": "bytes"` it is written `5MiB` and becomes bytes; with `"format": "path"` it is made absolute from the
   * document's folder; with `"format": "secret"` it is a `secret:NAME` or plain text.
   */
  readonly settings: { readonly [key: string]: unknown };
  /** The setting that a scalar stands for: with `path`, `file: ./x.csv` is `file: { path: ./x.csv }`. */
  readonly shorthand?: string;
  /**
   * What is wrong with checked settings that their schema can't say, or null. `route` is set for sinks: what the
   * sink's route reads (`events`, `alerts` or `windows.NAME`).
   */
  check?(
    config: Readonly<Record<string, unknown>>,
    place: { readonly pipeline: string; readonly from?: string },
  ): string | null;
  /** Sources: whether it ends by itself with these settings. */
  finite?(config: Readonly<Record<string, unknown>>): boolean;
}
