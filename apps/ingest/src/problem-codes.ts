/** What a refused request is answered, by code. `docs/ingest.md` lists the same codes; a test compares them. */
export const PROBLEM_CODES = {
  unknown_pipeline: { status: 404, hint: 'Use the name that the document gives under `pipeline`.' },
  unknown_source: { status: 404, hint: 'Use the name of an http source of the document, under `sources`.' },
  unauthorized: {
    status: 401,
    hint: 'Send `Authorization: Bearer TOKEN`; the document names the secret under `auth`.',
  },
  forbidden: {
    status: 403,
    hint: 'The token is not the one that this source wants; it may have been replaced.',
  },
  unsupported_media_type: {
    status: 415,
    hint: 'Send application/json, application/x-ndjson or text/csv, without Content-Encoding.',
  },
  empty_body: { status: 400, hint: 'Send at least one event.' },
  incomplete_body: { status: 400, hint: 'The connection ended within the body; send the request again.' },
  body_too_large: {
    status: 413,
    hint: 'Send fewer events per request, or raise `body_limit` of the source.',
  },
  too_many_events: { status: 413, hint: 'Send fewer events per request.' },
  malformed_body: {
    status: 400,
    hint: 'Nothing of the request was taken. Mend it at the place that the message names.',
  },
  bad_idempotency_key: { status: 400, hint: 'Use 1 to 255 visible ASCII characters.' },
  events_rejected: { status: 400, hint: 'None of the events was taken; `rejected` says why for each.' },
  overloaded: { status: 429, hint: 'Send again after the seconds that Retry-After says.' },
  unavailable: {
    status: 503,
    hint: 'Send again after the seconds that Retry-After says, with the same ids or Idempotency-Key: repeats are dropped.',
  },
  internal: { status: 500, hint: 'The log of ingest says why. Whether events were taken is not known.' },
} as const satisfies Record<string, { readonly status: number; readonly hint: string }>;

export type ProblemCode = keyof typeof PROBLEM_CODES;
