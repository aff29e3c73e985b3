// `helm test`: an event that fits the pipeline's schema goes in at ingest, and serve counts it as done.
// node event.mjs INGEST SERVE PIPELINE; TOKEN_FILE names the file of ingest's token.
import { readFileSync } from 'node:fs';

const PATIENCE_MS = Number(process.env.PATIENCE_SECONDS ?? 60) * 1_000;
const PAUSE_MS = 500;
const ANSWER_MS = 10_000;

const [ingest, serve, pipeline] = process.argv.slice(2);
const token = process.env.TOKEN_FILE ? readFileSync(process.env.TOKEN_FILE, 'utf8').trim() : null;

const { event, send } = await json(`${serve}/v1/pipelines/${pipeline}/example`);
if (send === null) fail(`${pipeline} has no HTTP source that takes events as they are: set tests.event to false`);
if (send.authorization && token === null) {
  fail(`${send.path} wants a token: tests.token is the name of it in the document's secrets`);
}

const before = await finished();
const answer = await json(`${ingest}${send.path}`, {
  method: 'POST',
  headers: { 'content-type': 'application/json', ...(token !== null && { authorization: `Bearer ${token}` }) },
  body: JSON.stringify(event),
});
if (answer.accepted !== 1) fail(`ingest did not accept the event: ${JSON.stringify(answer)}`);
console.log('ingest accepted the event');

const end = Date.now() + PATIENCE_MS;
while ((await finished()) <= before) {
  if (Date.now() > end) fail(`it is not through after ${PATIENCE_MS / 1000} s: look at ${serve}/v1/status`);
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
}
console.log('serve counts it as done');

/** Events that are through, whatever became of them. */
async function finished() {
  const { pipelines } = await json(`${serve}/v1/status`);
  const { audit } = pipelines.find((each) => each.pipeline === pipeline);
  return audit.sum - audit.inFlight;
}

async function json(url, options = {}) {
  const response = await fetch(url, { ...options, signal: AbortSignal.timeout(ANSWER_MS) }).catch((error) =>
    fail(`${url} does not answer: ${error.cause?.message ?? error.message}`),
  );
  const text = await response.text();
  if (!response.ok) fail(`${url} answers ${response.status}: ${text}`);
  return JSON.parse(text);
}

function fail(reason) {
  console.error(reason);
  process.exit(1);
}
