/**
 * Paints parts of the page at most once per animation frame, and each part at most once per `everyMs`, however
 * often they are invalidated.
 * @param {Readonly<Record<string, { paint: () => void, everyMs: number }>>} parts
 * @param {{ now: () => number, nextFrame: (paint: () => void) => void }} screen
 * @returns {(part: string) => void} invalidates a part
 */
export function createPainter(parts, { now, nextFrame }) {
  /** @type {Map<string, number>} when a part may be painted next */
  const allowed = new Map();
  /** @type {Set<string>} */
  const invalid = new Set();
  let waiting = false;

  function frame() {
    waiting = false;
    const time = now();
    for (const name of [...invalid]) {
      if (time < (allowed.get(name) ?? 0)) continue;
      invalid.delete(name);
      const part = /** @type {{ paint: () => void, everyMs: number }} */ (parts[name]);
      allowed.set(name, time + part.everyMs);
      part.paint();
    }
    if (invalid.size > 0) wait();
  }

  function wait() {
    if (waiting) return;
    waiting = true;
    nextFrame(frame);
  }

  return (part) => {
    if (!(part in parts)) throw new Error(`there is no part ${part} to paint`);
    invalid.add(part);
    wait();
  };
}
