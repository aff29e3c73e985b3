import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { givenBroker } from '@millrace/kafka/fixtures/broker';
import { type Outsider, outsider } from '@millrace/kafka/fixtures/outsider';
import type { PipelineStatus, Status } from '@millrace/lanes/status';
import type { ServiceName } from '@millrace/service/configuration/settings';
import {
  type ServiceProcess,
  serversFromEnvironment,
  startService,
} from '@millrace/service/fixtures/service-process';

export type Row = Readonly<Record<string, unknown>>;

/** The pipeline of this folder under a name of its own, as six processes on the given servers. */
export interface RunningOrders {
  readonly pipeline: string;
  readonly topics: { readonly shop: string; readonly tills: string };
  readonly others: Outsider;
  status(): Promise<PipelineStatus>;
  /** All rows of a list that serve answers. */
  rows(list: string): Promise<readonly Row[]>;
  post(events: readonly object[]): Promise<void>;
  /** kill -9 of ingest. */
  killIngest(): Promise<void>;
  startIngest(): Promise<void>;
  close(): Promise<void>;
}

const NAMES: readonly ServiceName[] = ['ingest', 'validate', 'enrich', 'aggregate', 'route', 'serve'];
/** Another number than the pipeline's lanes. */
const PARTITIONS = 3;
const PAGE_ROWS = 1_000;

export async function startOrders(settings: Readonly<Record<string, string>>): Promise<RunningOrders> {
  const servers = serversFromEnvironment();
  const pipeline = `o${randomBytes(4).toString('hex')}`;
  const topics = { shop: `${pipeline}_shop.orders`, tills: `${pipeline}_shop.tills` };
  const folder = mkdtempSync(join(tmpdir(), 'millrace-python-'));
  const document = join(folder, 'pipeline.yaml');
  writeFileSync(document, renamed(pipeline, topics));
  const others = await outsider(givenBroker());
  for (const topic of Object.values(topics)) await others.create(topic, PARTITIONS);
  const services = new Map<ServiceName, ServiceProcess>();
  async function start(name: ServiceName): Promise<void> {
    const own = { MILLRACE_PIPELINE: document, MILLRACE_CASSANDRA_KEYSPACE: 'services_test' };
    services.set(name, await startService(name, { ...servers, ...own, ...settings }));
  }
  await Promise.all(NAMES.map(start));
  const urlOf = (name: ServiceName): string => services.get(name)!.url;

  return {
    pipeline,
    topics,
    others,
    async status() {
      const { pipelines } = (await (await fetch(`${urlOf('serve')}/v1/status`)).json()) as Status;
      return pipelines[0]!;
    },
    async rows(list) {
      const all: Row[] = [];
      for (let after = ''; ; ) {
        const url = `${urlOf('serve')}/v1/pipelines/${pipeline}/${list}?limit=${PAGE_ROWS}${after}`;
        const response = await fetch(url);
        if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
        const page = (await response.json()) as {
          readonly rows: readonly Row[];
          readonly next: string | null;
        };
        all.push(...page.rows);
        if (page.next === null) return all;
        after = `&after=${encodeURIComponent(page.next)}`;
      }
    },
    async post(events) {
      const response = await fetch(`${urlOf('ingest')}/v1/pipelines/${pipeline}/events`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(events),
      });
      if (response.status !== 202) throw new Error(`ingest answered ${await response.text()}`);
    },
    killIngest: () => services.get('ingest')!.kill(),
    startIngest: () => start('ingest'),
    async close() {
      await Promise.all([...services.values()].map((service) => service.kill()));
      await others.close();
      rmSync(folder, { recursive: true });
    },
  };
}

function renamed(pipeline: string, topics: RunningOrders['topics']): string {
  const place = fileURLToPath(new URL('..', import.meta.url));
  return readFileSync(join(place, 'pipeline.yaml'), 'utf8')
    .replace('pipeline: orders', `pipeline: ${pipeline}`)
    .replace('topic: shop.orders', `topic: ${topics.shop}`)
    .replace('topic: shop.tills', `topic: ${topics.tills}`)
    .replace('./order.avsc', join(place, 'order.avsc'))
    .replace('./customers.csv', join(place, 'customers.csv'));
}
