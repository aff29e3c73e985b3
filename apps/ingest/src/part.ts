import { createHash } from 'node:crypto';
import { createFlow, type Flow, NO_POSITION, NO_TIME } from '@millrace/lanes/flow';

/** One ordered piece of a source (a file), or an HTTP source as a whole, with how far it has been read. */
export interface Part {
  /** `SOURCE`, or `SOURCE:PATH#FINGERPRINT`. */
  readonly name: string;
  readonly number: number;
  /** Of the ids of its records that have none of their own. */
  readonly idPrefix: string;
  readonly source: string;
  /** Its records have ascending positions, and its ticks carry its time. */
  readonly ordered: boolean;
  /** Of the last event handed to the log; NO_POSITION: none. */
  position: number;
  /** The highest event time handed to the log, ms; NO_TIME: none. */
  time: number;
  /** All of it has been read, and a tick has said so. */
  ended: boolean;
  /** False: its silence says nothing, since another process reads it, or more of it waits to be read. */
  ticking: boolean;
}

export function createPart(source: string, name: string, ordered: boolean): Part {
  const number = partNumber(name);
  const idPrefix = `${source}-${number.toString(16).padStart(12, '0')}-`;
  const state = { position: NO_POSITION, time: NO_TIME, ended: false, ticking: true };
  return { name, number, idPrefix, source, ordered, ...state };
}

/** The first 48 bits of SHA-256 of the part's name. */
export function partNumber(name: string): number {
  return createHash('sha256').update(name).digest().readUIntBE(0, 6);
}

/** The id of a record that has none of its own: where it came from. */
export function ownId(part: Part, position: number): string {
  return part.idPrefix + position;
}

export function openedFlow(part: Part, parts: number, ingestTime: number): Flow {
  const flow = partFlow('opened', part, ingestTime);
  flow.partName = part.name;
  flow.parts = parts;
  flow.ordered = part.ordered;
  return flow;
}

export function tickFlow(part: Part, ended: boolean, ingestTime: number): Flow {
  const flow = partFlow('tick', part, ingestTime);
  flow.position = part.position;
  flow.eventTime = part.time;
  flow.ended = ended;
  return flow;
}

function partFlow(kind: 'opened' | 'tick', part: Part, ingestTime: number): Flow {
  const flow = createFlow(kind);
  flow.part = part.number;
  flow.source = part.source;
  flow.ingestTime = ingestTime;
  return flow;
}
