import type { Random } from '../random.ts';
import { EPOCH_MS } from '../world/clock.ts';
import { LARGE } from './document.ts';
import type { Settings } from './settings.ts';

/** What the outside world has in store: files to be read and requests to be made. */
export interface Script {
  readonly files: readonly FileScript[];
  readonly requests: readonly RequestScript[];
}

export interface FileScript {
  readonly source: string;
  readonly path: string;
  /** JSON texts, or what should have been one. */
  readonly rows: readonly Uint8Array[];
}

export interface RequestScript {
  /** Virtual milliseconds. */
  readonly at: number;
  /** Idempotency-Key; the client sends the request again until it is answered. */
  readonly key: string;
  readonly events: readonly Uint8Array[];
}

const SECOND = 1000;
const DEVICES = 7;
const ZONES = 4;

export function writeScript(settings: Settings, random: Random): Script {
  const writer = createWriter(settings, random);
  const paths = settings.files === 'one' ? ['first'] : ['first', 'second'];
  return {
    files: paths.map((path, i) => ({
      source: settings.files === 'two_sources' && i === 1 ? 'archive' : 'history',
      path,
      rows: fileRows(random, writer),
    })),
    requests: settings.http ? requests(random, writer) : [],
  };
}

function fileRows(random: Random, writer: Writer): Uint8Array[] {
  let time = EPOCH_MS - random.between(0, 60) * SECOND;
  return Array.from({ length: random.between(4, 35) }, () => {
    time += random.chance(0.06) ? 20 * SECOND : random.below(1500);
    return writer.event(time);
  });
}

/** Pauses long enough for the part to fall idle lie between some of them. */
function requests(random: Random, writer: Writer): RequestScript[] {
  let at = 500;
  return Array.from({ length: random.between(1, 8) }, (_, i) => {
    at += random.chance(0.25) ? 9 * SECOND : random.below(2500);
    const events = Array.from({ length: random.between(1, 5) }, () => writer.event(EPOCH_MS + at));
    return { at, key: `request-${i}`, events };
  });
}

interface Writer {
  /** An event that happened about `time`, with all that may be wrong with it. */
  event(time: number): Uint8Array;
}

function createWriter(settings: Settings, random: Random): Writer {
  const written: { readonly id: string; readonly text: string }[] = [];
  // In some runs most events have few keys, so that some lane hears little.
  const devices = random.chance(0.5) ? DEVICES : 2;
  let next = 0;

  function fields(time: number) {
    const { outOfOrderMs, maxAheadMs, grainMs } = settings;
    const early = random.chance(0.1) ? random.below(15 * SECOND) : random.below(outOfOrderMs + 1);
    const farAhead = random.chance(0.02) ? maxAheadMs * 4 : 0;
    return {
      id: `r${next++}`,
      device: `d${random.chance(0.9) ? random.below(devices) : random.below(DEVICES)}`,
      zone: random.chance(0.1) ? null : `z${random.below(ZONES)}`,
      amount: random.chance(0.08)
        ? LARGE + random.below(10)
        : random.chance(0.05)
          ? -1
          : random.between(1, 160) / 4,
      kind: random.chance(0.06) ? 'test' : random.chance(0.1) ? 'quiet' : 'plain',
      at: Math.floor((time - early + farAhead) / grainMs) * grainMs,
    };
  }

  return {
    event(time) {
      const fate = random.next();
      if (fate < 0.03) return bytes(`{ "id": "r${next++}", "device"`);
      if (fate < 0.06) return bytes(JSON.stringify({ ...fields(time), amount: 'much' }));
      // Often of the last ones, so that some come a third time.
      const before = written.slice(random.chance(0.5) ? -2 : 0);
      if (fate < 0.06 + settings.repeated && before.length > 0) return bytes(random.pick(before).text);
      const event = fields(time);
      if (fate < 0.09 + settings.repeated && before.length > 0) event.id = random.pick(before).id;
      const text = JSON.stringify(event);
      written.push({ id: event.id, text });
      return bytes(text);
    },
  };
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
