import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openTables, tableKinds } from '@millrace/enrich/tables';
import { openKafkaLog } from '@millrace/kafka/event-log';
import { openRegistry } from '@millrace/kafka/registry';
import { startFused } from '@millrace/lanes/fused';
import { createMeasures } from '@millrace/lanes/measures';
import { systemClock } from '@millrace/lanes/ports/clock';
import type { WindowRow } from '@millrace/lanes/ports/results';
import { registerSchemas } from '@millrace/lanes/record-schemas';
import { createRecordCodec } from '@millrace/lanes/records';
import type { PipelineStatus, Status } from '@millrace/lanes/status';
import { createLaneStages } from '@millrace/millrace/lane-stages';
import { requirePlan } from '@millrace/millrace/load-pipeline';
import { openRawCodec } from '@millrace/millrace/run/raw-codec';
import { sinkKinds } from '@millrace/route/sinks';
import type { ServiceName } from '@millrace/service/configuration/settings';
import { type EmbeddedPorts, openPorts } from '@millrace/service/embedded-ports';
import { EXIT } from '@millrace/service/exit-codes';
import {
  type ServiceProcess,
  serversFromEnvironment,
  startService,
} from '@millrace/service/fixtures/service-process';
import { eventually } from '@millrace/testkit/eventually';
import { unpaced, withoutApi } from './pipelines.ts';
import { type DayOfFlights, readFlights, readStates, recompute } from './recompute.ts';

const NAMES: readonly ServiceName[] = ['ingest', 'validate', 'enrich', 'aggregate', 'route', 'serve'];
const PATIENCE_MS = 300_000;
const PAGE_ROWS = 1_000;
const WINDOWS = ['delays_by_origin', 'delays_by_state'];
const SILENT = { info: () => {}, warn: () => {}, error: () => {} };

const pipeline = `f${randomBytes(4).toString('hex')}`;
const folder = mkdtempSync(join(tmpdir(), 'millrace-services-'));
const document = join(folder, 'pipeline.yaml');
const flights = readFlights();
const states = readStates();
let services: readonly ServiceProcess[] = [];
let servers: Record<string, string> = {};

beforeAll(async () => {
  servers = serversFromEnvironment();
  writeFileSync(
    document,
    changed(readFileSync(fileURLToPath(new URL('../pipeline.yaml', import.meta.url)), 'utf8')),
  );
  const settings = {
    ...servers,
    MILLRACE_PIPELINE: document,
    MILLRACE_CASSANDRA_KEYSPACE: 'services_test',
  };
  services = await Promise.all(NAMES.map((name) => startService(name, settings)));
}, PATIENCE_MS);

afterAll(async () => {
  await Promise.all(services.map((service) => service.kill()));
  rmSync(folder, { recursive: true });
});

/** The example's document under another name and in another folder. */
function changed(text: string): string {
  const path = (relative: string) => fileURLToPath(new URL(`../${relative}`, import.meta.url));
  return withoutApi(unpaced(text))
    .replace('pipeline: flights', `pipeline: ${pipeline}`)
    .replace('./flight.avsc', path('flight.avsc'))
    .replaceAll('../../node_modules/', path('../../node_modules/'));
}

const serveUrl = (): string => services.at(-1)!.url;

async function status(): Promise<PipelineStatus> {
  const { pipelines } = (await (await fetch(`${serveUrl()}/v1/status`)).json()) as Status;
  return pipelines[0]!;
}

type Row = Readonly<Record<string, unknown>>;

async function rowsOver(path: string): Promise<readonly Row[]> {
  const all: Row[] = [];
  for (let after = ''; ; ) {
    const response = await fetch(`${serveUrl()}/v1/pipelines/${pipeline}/${path}?limit=${PAGE_ROWS}${after}`);
    const page = (await response.json()) as { readonly rows: readonly Row[]; readonly next: string | null };
    all.push(...page.rows);
    if (page.next === null) return all;
    after = `&after=${encodeURIComponent(page.next)}`;
  }
}

function byDay(rows: readonly Row[]): Map<string, DayOfFlights> {
  return new Map(
    rows.map(({ group, start, values }) => [
      `${group} ${new Date(start as number).toISOString().slice(0, 10)}`,
      values as DayOfFlights,
    ]),
  );
}

async function allThrough(): Promise<void> {
  await eventually(
    'every flight has an outcome, every window has closed, and all is stored',
    async () => {
      const { audit, openWindows, stages } = await status();
      const isThrough = audit.events === flights.length && audit.inFlight === 0 && audit.balanced;
      return isThrough && openWindows === 0 && stages.every(({ name, lag }) => name === 'ingest' || lag <= 8);
    },
    PATIENCE_MS,
  );
  const isFinal = async (name: string) => (await rowsOver(`windows/${name}`)).every(({ final }) => final);
  for (const name of WINDOWS) await eventually(`${name} is final`, () => isFinal(name), PATIENCE_MS);
}

test(
  'the final windows in Cassandra are those of an independent recomputation, exactly',
  async () => {
    await allThrough();
    expect((await status()).audit).toMatchObject({ events: 20_000, processed: 20_000, balanced: true });
    const byOrigin = recompute(flights, ({ origin }) => origin);
    const byState = recompute(flights, ({ origin }) => states.get(origin));
    expect(byDay(await rowsOver('windows/delays_by_origin'))).toEqual(byOrigin);
    expect(byDay(await rowsOver('windows/delays_by_state'))).toEqual(byState);
    const severe = flights.filter(({ delay }) => delay > 300).map(({ id }) => id);
    const kept = (await rowsOver('events')).map(({ id }) => Number(id));
    expect(kept.toSorted((a, b) => a - b)).toEqual(severe);
  },
  PATIENCE_MS,
);

test(
  'the same raw log computed in one process gives the same results',
  async () => {
    const ports = await replayEmbedded();
    try {
      for (const name of WINDOWS) {
        const stored = (await rowsOver(`windows/${name}`)).map(withoutRevision);
        expect(sorted(await windowsOf(ports, name))).toEqual(sorted(stored));
      }
      const alerts = await ports.results.alerts({ pipeline, limit: 100_000 });
      const identity = ({ id, severity, value, time }: Row) => ({ id, severity, value, time });
      const here = alerts.rows.map((row) => identity({ ...row }));
      expect(sorted(here)).toEqual(sorted((await rowsOver('alerts')).map(identity)));
    } finally {
      await ports.close();
    }
  },
  PATIENCE_MS,
);

test(
  'SIGTERM drains each of them',
  async () => {
    const codes = await Promise.all(services.map((service) => service.stop()));
    expect(codes).toEqual(NAMES.map(() => EXIT.ok));
  },
  PATIENCE_MS,
);

/** Lanes race into the merge, so that its revisions may differ. */
function withoutRevision({ name, group, start, end, final, values }: Row): Row {
  return { name, group, start, end, final, values };
}

function sorted(rows: readonly Row[]): readonly Row[] {
  const key = ({ id, group, start }: Row) => JSON.stringify([id, group, start]);
  return rows.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}

async function windowsOf(ports: EmbeddedPorts, name: string): Promise<readonly Row[]> {
  const all: WindowRow[] = [];
  for (let after: string | undefined; ; ) {
    const query = { pipeline, name, limit: PAGE_ROWS, ...(after !== undefined && { after }) };
    const page = await ports.results.windows(query);
    all.push(...page.rows);
    if (page.next === null) return all.map((row) => withoutRevision({ ...row }));
    after = page.next;
  }
}

/** Copies raw, record by record, and computes everything from it with the stages fused. */
async function replayEmbedded(): Promise<EmbeddedPorts> {
  const plan = await requirePlan(document);
  const ports = await openPorts(join(folder, 'data'), plan, SILENT);
  const codec = await openRawCodec(plan, ports.registry);
  await copyRaw(ports, codec.encodeRaw);
  const tables = await openTables(plan, tableKinds, () => {});
  const run = await startFused({
    plan,
    generation: 0,
    log: ports.log,
    store: ports.fused,
    clock: systemClock,
    stages: createLaneStages(plan, { tables: tables.tables, sinkKinds, sinks: new Map() }),
    measures: createMeasures(),
    decodeRaw: codec.decodeRaw,
  });
  const isThrough = async () => {
    for (const { lane, settled } of run.lanes) {
      if (settled.offset < (await ports.log.bounds(`${pipeline}.raw`, lane)).end) return false;
    }
    return true;
  };
  await Promise.race([eventually('all of raw is read', isThrough, PATIENCE_MS), run.finished]);
  run.stop();
  await run.finished;
  await tables.close();
  return ports;
}

async function copyRaw(
  ports: EmbeddedPorts,
  encodeRaw: Awaited<ReturnType<typeof openRawCodec>>['encodeRaw'],
): Promise<void> {
  const plan = await requirePlan(document);
  const registry = openRegistry({ url: servers.MILLRACE_REGISTRY!, logger: SILENT });
  const written = createRecordCodec({ plan, ids: await registerSchemas(registry, plan), registry });
  const log = await openKafkaLog({
    brokers: servers.MILLRACE_KAFKA!.split(','),
    clientId: 'copy',
    logger: SILENT,
  });
  const raw = `${pipeline}.raw`;
  for (let lane = 0; lane < plan.lanes; lane++) {
    for (let at = 0; ; ) {
      const { base, records } = await log.read(raw, lane, at, PAGE_ROWS);
      if (records.length === 0) break;
      const copies = records.map((record, i) => {
        const decoded = written.decodeFlow('raw', record, base + i);
        if (decoded.kind !== 'value') throw new Error(`record ${base + i} of lane ${lane} can't be read`);
        return { value: encodeRaw(decoded.value), timestampMs: record.timestampMs };
      });
      expect(await ports.log.append(raw, lane, copies)).toBe(base);
      at = base + records.length;
    }
  }
  await log.close();
}
