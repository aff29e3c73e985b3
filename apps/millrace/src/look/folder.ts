import { type Counts, zeroCounts } from '@millrace/lanes/audit';
import { NO_TIME } from '@millrace/lanes/flow';
import { createMeasures } from '@millrace/lanes/measures';
import { type LaneSnapshot, pipelineStatus } from '@millrace/lanes/pipeline-status';
import type { PipelineStatus } from '@millrace/lanes/status';
import type { Plan } from '@millrace/pipeline/plan';
import { discardDeadLetter, replayDeadLetter } from '@millrace/serve/replay';
import { deadLetterJson, payloadJson } from '@millrace/serve/rows';
import { readTopic, unknownTopic } from '@millrace/serve/topics';
import { type EmbeddedPorts, openPorts, readPorts } from '@millrace/service/embedded-ports';
import { EXIT } from '@millrace/service/exit-codes';
import { Failure } from '@millrace/service/failure';
import { createLog } from '@millrace/service/log';
import { requirePlan } from '../load-pipeline.ts';
import { readFolderNote } from '../run/folder-note.ts';
import { openRawCodec, type RawCodec } from '../run/raw-codec.ts';
import { knownSchemas } from './known-schemas.ts';
import type { Place } from './place.ts';

const PAGE_ROWS = 500;
const SILENT = createLog({ level: 'silent', format: 'json', colour: false }, { write: () => {} });

/**
 * Reads beside the process that runs the folder, if there is one; a change takes the folder's lock and is refused then.
 * @throws Failure when nothing has run in the folder.
 */
export async function openFolder(folder: string): Promise<Place> {
  const note = readFolderNote(folder);
  const { pipeline, document } = note;
  let ports = await readPorts(folder);
  let writable = false;

  /** One process can't have a folder open twice. */
  async function writing(plan: Plan): Promise<EmbeddedPorts> {
    if (writable) return ports;
    await ports.close();
    ports = await openPorts(folder, plan, SILENT);
    writable = true;
    return ports;
  }

  return {
    pipeline,
    async status() {
      if (note.stages === 'fused') return folderStatus(await requirePlan(document), ports);
      throw new Failure(
        `${folder} was run with --keep-topics, whose status only the running process knows. Start it, and give --url.`,
      );
    },
    async *deadLetters(limit) {
      let after: string | null = null;
      for (let left = limit; left > 0; ) {
        const query = { pipeline, limit: Math.min(left, PAGE_ROWS), ...(after !== null && { after }) };
        const { rows, next } = await ports.results.deadLetters(query);
        yield* rows.map(deadLetterJson);
        if (next === null) return;
        left -= rows.length;
        after = next;
      }
    },
    async deadLetter(id) {
      const row = await ports.results.deadLetter(pipeline, id);
      return row === null ? null : { ...deadLetterJson(row), payload: payloadJson(row.payload) };
    },
    async replay(id) {
      const plan = await requirePlan(document);
      const { log, results, registry } = await writing(plan);
      const { encodeRaw } = await openRawCodec(plan, registry);
      return replayDeadLetter({ pipeline, lanes: plan.lanes, log, results, encodeRaw, nowMs: Date.now }, id);
    },
    async discard(id) {
      const { results } = await writing(await requirePlan(document));
      return discardDeadLetter({ pipeline, results }, id);
    },
    async *tail(topic, options) {
      const plan = await requirePlan(document);
      const { whole } = await openRawCodec(plan, await knownSchemas(ports.registry));
      const source = { plan, log: ports.log, results: ports.results, codec: whole, others: true };
      const message = await unknownTopic(source, topic);
      if (message !== null) throw new Failure(message, EXIT.faults);
      yield* readTopic(source, topic, options);
    },
    close: () => ports.close(),
  };
}

/** As the process that ran last left it, or as the one that runs has saved it. */
async function folderStatus(plan: Plan, ports: EmbeddedPorts): Promise<PipelineStatus> {
  const codec = await openRawCodec(plan, await knownSchemas(ports.registry));
  const saved = await ports.fused.load();
  const lanes: LaneSnapshot[] = [];
  for (let lane = 0; lane < plan.lanes; lane++) {
    const head = saved.get(`${plan.pipeline}/lane/${lane}`)?.head;
    const { offset, counts } = head === undefined ? NEW_LANE : (JSON.parse(head) as typeof NEW_LANE);
    const unread = await countUnread(plan, ports, codec, lane, offset);
    lanes.push({
      lane,
      counts,
      accepted: counts.events + unread.events,
      lag: unread.records,
      watermark: NO_TIME,
      openWindows: 0,
      stopped: null,
    });
  }
  const nowMs = Date.now();
  return pipelineStatus({
    plan,
    nowMs,
    startedMs: nowMs,
    state: 'stopped',
    lanes,
    measures: createMeasures(),
    sources: [],
    waiting: 0,
  });
}

const NEW_LANE: { readonly offset: number; readonly counts: Counts } = { offset: 0, counts: zeroCounts() };
const READ_RECORDS = 10_000;

async function countUnread(
  { pipeline }: Plan,
  { log }: EmbeddedPorts,
  { isEvent }: RawCodec,
  lane: number,
  from: number,
): Promise<{ readonly events: number; readonly records: number }> {
  let events = 0;
  let at = from;
  for (;;) {
    const { base, records } = await log.read(`${pipeline}.raw`, lane, at, READ_RECORDS);
    if (records.length === 0) return { events, records: at - from };
    events += records.filter(isEvent).length;
    at = base + records.length;
  }
}
