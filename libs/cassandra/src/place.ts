/** Where a row stands in a list: its time, then the rest of its identity. Ordered by time, then by UTF-8 bytes. */
export type Place = readonly [time: number, ...rest: string[]];

export function comparePlaces(a: Place, b: Place): number {
  if (a[0] !== b[0]) return a[0] - b[0];
  for (let i = 1; i < a.length; i++) {
    const order = Buffer.compare(Buffer.from(a[i] as string), Buffer.from(b[i] as string));
    if (order !== 0) return order;
  }
  return 0;
}

/** The first place of a time. */
export function firstAt(time: number, width: number): Place {
  return [time, ...Array.from({ length: width - 1 }, () => '')];
}

/** The first place behind another: nothing lies between a text and the same with a zero byte. */
export function behind(place: Place): Place {
  if (place.length === 1) return [place[0] + 1];
  const rest = place.slice(1) as string[];
  return [place[0], ...rest.slice(0, -1), `${rest.at(-1)}\0`];
}

/** A page's `next`. */
export function writeCursor(place: Place): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

/** What was asked for is no `next` of this list. */
export class UnknownCursor extends Error {
  override readonly name = 'UnknownCursor';
  /** Over HTTP: a bad request. */
  readonly statusCode = 400;

  constructor() {
    super('`after` is not the `next` of a page of this list.');
  }
}

/** @throws UnknownCursor */
export function readCursor(text: string, width: number): Place {
  let place: unknown;
  try {
    place = JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    throw new UnknownCursor();
  }
  const fits =
    Array.isArray(place) &&
    place.length === width &&
    Number.isSafeInteger(place[0]) &&
    place.slice(1).every((part) => typeof part === 'string');
  if (!fits) throw new UnknownCursor();
  return place as unknown as Place;
}
