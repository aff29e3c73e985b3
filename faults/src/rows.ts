import type { Row } from './row.ts';
import { brokerKilled } from './rows/broker.ts';
import { aofCut, redisFlushed } from './rows/redis.ts';
import { scaled } from './rows/scaled.ts';
import { serverKilled } from './rows/server-killed.ts';
import { serviceKilled, twoKilled } from './rows/service-killed.ts';
import { servicePaused } from './rows/service-paused.ts';

/**
 * All faults, in the order of a run. A flushed Redis comes early: what is computed again is all that there was. Three
 * brokers come last, on servers of their own.
 */
export const rows: readonly Row[] = [
  serviceKilled('ingest'),
  redisFlushed,
  serviceKilled('validate'),
  serviceKilled('enrich'),
  serviceKilled('aggregate'),
  serviceKilled('route'),
  serviceKilled('serve'),
  twoKilled,
  servicePaused,
  serverKilled('kafka'),
  serverKilled('redis'),
  aofCut,
  serverKilled('cassandra'),
  serverKilled('registry'),
  scaled('ingest'),
  scaled('validate'),
  scaled('enrich'),
  scaled('aggregate'),
  scaled('route'),
  scaled('serve'),
  brokerKilled,
];
