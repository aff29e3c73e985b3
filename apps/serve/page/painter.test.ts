import { expect, test } from '@jest/globals';
import { createPainter } from './painter.js';

/** A screen whose frames come when the test says so, 16 ms apart. */
function screen() {
  let time = 0;
  let next: (() => void) | null = null;
  return {
    now: () => time,
    nextFrame: (paint: () => void) => {
      expect(next).toBeNull();
      next = paint;
    },
    frame() {
      time += 16;
      const paint = next;
      next = null;
      paint?.();
    },
    isWaiting: () => next !== null,
  };
}

test('however often a part is invalidated, it is painted once per frame', () => {
  const at = screen();
  let painted = 0;
  const invalidate = createPainter({ a: { paint: () => painted++, everyMs: 0 } }, at);
  for (let n = 0; n < 1_000; n++) invalidate('a');
  expect(painted).toBe(0);
  at.frame();
  at.frame();
  expect(painted).toBe(1);
});

test('a part waits for its interval, and its last change is painted', () => {
  const at = screen();
  const painted: number[] = [];
  const invalidate = createPainter({ a: { paint: () => painted.push(at.now()), everyMs: 100 } }, at);
  for (let frame = 0; frame < 20; frame++) {
    if (frame < 10) invalidate('a');
    at.frame();
  }
  expect(painted).toEqual([16, 128, 240]);
  expect(at.isWaiting()).toBe(false);
});

test('a part that is invalidated by its own painting waits for the next frame', () => {
  const at = screen();
  let painted = 0;
  const invalidate = createPainter(
    {
      a: {
        paint: () => {
          painted += 1;
          if (painted < 3) invalidate('a');
        },
        everyMs: 0,
      },
    },
    at,
  );
  invalidate('a');
  at.frame();
  expect(painted).toBe(1);
  at.frame();
  at.frame();
  at.frame();
  expect(painted).toBe(3);
});
