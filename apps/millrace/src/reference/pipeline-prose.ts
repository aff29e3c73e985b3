/** The beginning of docs/pipeline.md. */
export const ABOUT = `
# The pipeline document

A pipeline is one YAML document and an Avro schema. \`millrace lint\` finds every mistake in them before they run. For
completion in an editor, begin the document with
\`# yaml-language-server: $schema=PATH/docs/pipeline.schema.json\`. In TypeScript, \`definePipeline()\` takes the same
shape, with pure functions wherever an expression may stand
([examples/payments/pipeline.ts](../examples/payments/pipeline.ts)).

The keys below are those of the JSON Schema, and the examples come from
[examples/payments](../examples/payments/pipeline.yaml); this page is written by
\`npm run -w apps/millrace reference\`.

| value | is written |
|---|---|
| name | small letters, digits and \`_\`, a letter first |
| expression | [CEL](expressions.md), typed by the schema: \`event.amount > 100\` |
| duration | a whole number and its unit: \`250ms\` \`10s\` \`5m\` \`1h\` \`30d\` |
| rate | \`500/s\` \`30/m\` \`10/h\` |
| size | \`512B\` \`64KiB\` \`5MiB\` (of 1024), \`5MB\` (of 1000) |
| path | from the document's folder: \`./payment.avsc\` |
| secret | \`secret:NAME\`, with NAME under \`secrets\` |

In YAML, put an expression in quotes when it starts with \`!\` or a quote, holds \`: \` or \` #\`, or stands inside
\`{ }\` or \`[ ]\` with a comma or a \`?\`. NAME stands for a name that you give; \`[]\` for each item of a list.

A secret \`ingest_token\` is the environment's \`MILLRACE_SECRET_INGEST_TOKEN\`, or what the file holds that
\`MILLRACE_SECRET_INGEST_TOKEN_FILE\` names. What \`functions\` exports must be pure: the same arguments give the same
value, on every day and every machine.
`;

/** What stands above the keys of each section. */
export const PROSE: Readonly<Record<string, string>> = {
  event: `
What one event is. Id, key and time are taken when it comes in, before anything else looks at it. Events of a key stay
in order and share a lane; windows and detectors by the key need no merging.
`,
  time: `
Event time is computed from the log, never from the clock ([semantics](semantics.md)). A source's time is its newest
event's; the watermark is the lowest over the sources that are active, less \`out_of_order\`. When it passes a window's
end the window closes; until \`lateness\` beyond that late events still count; until \`keep\` beyond that corrections do.
`,
  trace: `
Which events can be followed from the request to the stored rows, where an address for spans is configured
([tracing](tracing.md)). A sender that says itself whether its request is traced (\`traceparent\`) decides; \`rate\` is for
all others. It decides no output: changing it computes nothing anew.
`,
  sources: `
Each name holds one kind of source. An HTTP source takes \`POST /v1/pipelines/PIPELINE/events/NAME\` as JSON, NDJSON or
CSV, and answers when the events are durable. A file is read once, from its start to its end, and gone on with after a
restart. With \`map\`, \`row\` is what arrived, and every field that the schema requires is given; texts become what the
schema says.
`,
  validate: `
After the schema itself: first \`clean\`, then the rules in order. A rule says what must hold. \`reject\` makes a dead
letter, \`drop\` only counts, \`flag\` adds the rule's name to \`event.flags\`: so name a rule that flags after what the
flag says (\`unknown_device\`), the others after what they ask for (\`plausible_amount\`).
`,
  tables: `
What events are enriched from, held in memory. Only the columns that are added are kept. With \`refresh\`, a look-up
depends on the day on which it is made, and so does a replay.
`,
  enrich: `
Adds columns of a table under \`event.NAME\`, which is null where the table has no such row. A cell may be empty, so an
added column may be null even where its row is there.
`,
  aggregate: `
Windows, one result for each group and window. A group that is the event's key is complete in one lane; any other is
summed over the lanes, which \`explain\` shows. The aggregates:

AGGREGATES

\`emit: updates\` gives a result at each event, marked as not final, and the final one at the close. An event later than
\`lateness\` is a dead letter when it is so for all of its windows; with \`on_late: update\` it corrects the window as long
as that is kept. Results are always stored.
`,
  detect: `
A detector on events judges each of them, one on a window each of its results (of a window by another group than the
key: final ones only). Alerts where \`when\` holds, or, with a method, where the method finds \`value\` anomalous. Alerts
are always stored.
`,
  route: `
Where results go beyond the store that \`serve\` answers from. Every route whose \`when\` holds applies. What a sink can't
take for good is a dead letter of that sink.
`,
  cases: `
What is given and what has to come of it, run by \`millrace test\` in their own time, through the same stages. Each item
of a list must be matched by an output of its own, in any order; more may come. An empty list wants none.
`,
};
