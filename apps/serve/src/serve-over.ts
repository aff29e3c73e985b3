import type { ResultFeed } from '@millrace/lanes/feed';
import type { Flow } from '@millrace/lanes/flow';
import type { LaneCodec } from '@millrace/lanes/lane-codec';
import type { Clock } from '@millrace/lanes/ports/clock';
import type { EventLog } from '@millrace/lanes/ports/log';
import type { ResultStore } from '@millrace/lanes/ports/results';
import type { Status } from '@millrace/lanes/status';
import type { Plan } from '@millrace/pipeline/plan';
import type { FastifyPluginAsync } from 'fastify';
import { discardDeadLetter, replayDeadLetter } from './replay.ts';
import { serve } from './stage.ts';
import { topicsRoute } from './topics-route.ts';

/** What serve stands on, of one pipeline. */
export interface ServePorts {
  readonly plan: Plan;
  readonly log: EventLog;
  /** Publishing to `feed`. */
  readonly results: ResultStore;
  readonly feed: ResultFeed;
  /** Decodes all fields of an event. */
  readonly codec: LaneCodec;
  readonly encodeRaw: (flow: Flow) => Uint8Array;
  readonly clock: Clock;
  status(): Status;
  waitingFor?(): string | null;
  /** Whether topics that the document does not name may be read (`TopicSource`). */
  readonly others?: boolean;
}

/** The query API, the page, and the topics for `millrace tail`, over the ports. */
export function serveOver(ports: ServePorts): readonly FastifyPluginAsync[] {
  const { plan, log, results, feed, codec, encodeRaw, clock, status, waitingFor, others = false } = ports;
  const { pipeline, lanes } = plan;
  const replaying = { pipeline, lanes, log, results, encodeRaw, nowMs: clock.now };
  const served = {
    plan,
    results,
    feed,
    replay: (id: string) => replayDeadLetter(replaying, id),
    discard: (id: string) => discardDeadLetter(replaying, id),
  };
  return [
    topicsRoute({ plan, log, results, codec, others }),
    serve({ pipelines: [served], status, clock, ...(waitingFor !== undefined && { waitingFor }) }),
  ];
}
