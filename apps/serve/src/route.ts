import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { Served, ServedPipeline } from './served.ts';
import type { Streams } from './streams.ts';

/** A JSON Schema (draft 2020-12) as a value. */
export type JsonSchema = { readonly [key: string]: unknown };

/**
 * One operation of the API as a value: the server is built from it and the OpenAPI document too, so that they
 * can't say different things.
 */
export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** As in OpenAPI: `/v1/pipelines/{pipeline}/windows/{name}`. `{id}` may hold slashes, encoded or not. */
  readonly path: string;
  readonly summary: string;
  readonly description?: string;
  /** Query parameters by name; what is not here is refused. */
  readonly query?: Readonly<Record<string, JsonSchema>>;
  /** The body of the 200 answer. */
  readonly answers: JsonSchema;
  /** Media type of the answer; default `application/json`. */
  readonly mediaType?: string;
  /** Other answers than 200, 400 and 500, with what they mean. */
  readonly problems?: Readonly<Record<number, string>>;
  /** @returns the body; undefined when the response was taken over. */
  handle(request: RouteRequest): unknown;
}

export interface RouteRequest {
  readonly served: Served;
  readonly streams: Streams;
  readonly path: Readonly<Record<string, string>>;
  /** Checked against `query`; numbers and times parsed, defaults set. */
  readonly query: Readonly<Record<string, unknown>>;
  readonly headers: IncomingHttpHeaders;
  /** The pipeline that the path names; throws a 404 where it names none that is served. */
  pipeline(): ServedPipeline;
  /** Takes the response over: the route writes it itself. */
  hijack(): ServerResponse;
}
