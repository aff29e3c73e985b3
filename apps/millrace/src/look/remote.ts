import type { Status } from '@millrace/lanes/status';
import type { TailOptions } from '@millrace/serve/topics';
import { EXIT } from '@millrace/service/exit-codes';
import { Failure } from '@millrace/service/failure';
import type { DeadLetter, DeadLetterDetail, Place } from './place.ts';

const PAGE_ROWS = 1_000;
/** Longer than any answer takes of a process that is well. */
const ANSWER_SECONDS = 5;

/** @throws Failure when nothing answers there, or several pipelines do and none is named. */
export async function connect(url: string, wanted: string | undefined): Promise<Place> {
  const base = baseOf(url);
  const status = (await getJson(base, '/v1/status')) as Status;
  const pipeline = pick(base, status, wanted);
  const path = `/v1/pipelines/${pipeline}`;
  const one = (id: string) => `${path}/deadletters/${encodeURIComponent(id)}`;
  return {
    pipeline,
    async status() {
      const { pipelines } = (await getJson(base, '/v1/status')) as Status;
      return pipelines.find((each) => each.pipeline === pipeline)!;
    },
    async *deadLetters(limit) {
      let after = '';
      for (let left = limit; left > 0; ) {
        const page = (await getJson(
          base,
          `${path}/deadletters?limit=${Math.min(left, PAGE_ROWS)}${after}`,
        )) as {
          readonly rows: readonly DeadLetter[];
          readonly next: string | null;
        };
        yield* page.rows;
        if (page.next === null) return;
        left -= page.rows.length;
        after = `&after=${encodeURIComponent(page.next)}`;
      }
    },
    async deadLetter(id) {
      const response = await request(base, one(id));
      return response.status === 404 ? null : ((await bodyOf(response)) as DeadLetterDetail);
    },
    replay: (id) => change(base, `${one(id)}/replay`, 'POST'),
    discard: (id) => change(base, one(id), 'DELETE'),
    tail: (topic, options) => tail(base, `${path}/topics/${encodeURIComponent(topic)}`, options),
    async close() {},
  };
}

function baseOf(url: string): string {
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url.replace(/\/+$/, '');
  throw new Failure(`--url ${url} is no address; it looks like http://127.0.0.1:8080.`);
}

function pick(base: string, { pipelines }: Status, wanted: string | undefined): string {
  const names = pipelines.map(({ pipeline }) => pipeline);
  if (wanted === undefined && names.length === 1) return names[0]!;
  if (wanted !== undefined && names.includes(wanted)) return wanted;
  const there = `At ${base} there is ${names.join(', ') || 'none'}.`;
  throw new Failure(
    wanted === undefined ? `Name one with --pipeline. ${there}` : `There is no pipeline ${wanted}. ${there}`,
  );
}

async function change(base: string, path: string, method: string): Promise<boolean> {
  const response = await request(base, path, { method });
  if (response.status === 404) return false;
  await bodyOf(response);
  return true;
}

async function* tail(
  base: string,
  path: string,
  { from, limit, ticks, signal }: TailOptions,
): AsyncIterable<unknown> {
  const query = `from=${from}&ticks=${ticks}${Number.isFinite(limit) ? `&limit=${limit}` : ''}`;
  const response = await request(base, `${path}?${query}`, { signal });
  if (!response.ok) await bodyOf(response);
  let rest = '';
  try {
    for await (const text of response.body!.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split('\n');
      rest = lines.pop()!;
      for (const line of lines) if (line !== '') yield JSON.parse(line);
    }
  } catch (error) {
    if (!signal.aborted) throw new Failure(`${base} ended the stream: ${(error as Error).message}.`);
  }
}

async function getJson(base: string, path: string): Promise<unknown> {
  return bodyOf(await request(base, path));
}

/** The whole answer has its time; with a signal of its own, as for a stream, as long as that lasts. */
async function request(base: string, path: string, init: RequestInit = {}): Promise<Response> {
  const signal = init.signal ?? AbortSignal.timeout(ANSWER_SECONDS * 1_000);
  try {
    return await fetch(`${base}${path}`, { ...init, signal });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw unanswered(base, error as Error);
  }
}

function unanswered(base: string, error: Error): Failure {
  if (error.name === 'TimeoutError') {
    return new Failure(
      `${base} answers nothing within ${ANSWER_SECONDS} s; it may be stuck. Look at its log, and whether its machine is out of memory or disk.`,
    );
  }
  const { code } = (error.cause ?? {}) as { readonly code?: string };
  return new Failure(
    `nothing answers at ${base}${code === undefined ? '' : ` (${code})`}. Give --url where the pipeline runs, or --data with its folder if it doesn't.`,
  );
}

/** @throws Failure with what the server says is wrong. */
async function bodyOf(response: Response): Promise<unknown> {
  const text = await response.text().catch((error: Error) => {
    throw unanswered(new URL(response.url).origin, error);
  });
  const body = parse(text);
  if (response.ok) return body;
  const { error } = (body ?? {}) as {
    readonly error?: { readonly code?: string; readonly message?: string; readonly hint?: string };
  };
  if (error?.code === 'unknown_topic') throw new Failure(error.message ?? '', EXIT.faults);
  const said = [error?.message, error?.hint].filter((part) => part !== undefined).join(' ');
  throw new Failure(`${response.url} answered ${response.status}: ${said || text.slice(0, 200)}`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
