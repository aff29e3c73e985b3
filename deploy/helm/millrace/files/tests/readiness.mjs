// `helm test`: each pod of the pipeline says that it is ready, and each service is among them.
// node readiness.mjs HOST:PORT SERVICE…; every address of HOST is a pod.
import { lookup } from 'node:dns/promises';

const PATIENCE_MS = Number(process.env.PATIENCE_SECONDS ?? 120) * 1_000;
const PAUSE_MS = 2_000;
const ANSWER_MS = 5_000;

const [place = '', ...services] = process.argv.slice(2);
const [host, port] = place.split(':');
const end = Date.now() + PATIENCE_MS;

for (;;) {
  const waiting = await reasons();
  if (waiting.length === 0) break;
  if (Date.now() > end) {
    console.error(`not ready after ${PATIENCE_MS / 1000} s:\n${waiting.join('\n')}`);
    process.exit(1);
  }
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
}

/** Why it is not ready; empty: it is. */
async function reasons() {
  const found = await lookup(host, { all: true }).catch((error) => error);
  if (found instanceof Error) return [`${host} is not known: ${found.message}`];
  const pods = await Promise.all(found.map(({ address }) => ask(address)));
  const missing = services.filter((name) => !pods.some(({ service }) => service === name));
  return [
    ...pods.flatMap(({ reason }) => (reason === null ? [] : [reason])),
    ...missing.map((name) => `${name}: no pod of it answers`),
  ];
}

async function ask(address) {
  const url = `http://${address.includes(':') ? `[${address}]` : address}:${port}/readyz`;
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) });
    const body = await answer.json();
    const { service } = body;
    if (answer.ok) console.log(`${service} at ${address} is ready`);
    return { service, reason: answer.ok ? null : `${service} at ${address}: ${JSON.stringify(body.reasons)}` };
  } catch (error) {
    return { service: null, reason: `${url} does not answer: ${error.cause?.message ?? error.message}` };
  }
}
