import { expect, test } from '@jest/globals';
import { timeLabels, timeRange, valueLabels, valueRange, valueSteps } from './axes.js';

const at = (...times: string[]) => times.map((time) => Date.parse(`${time}Z`));

test('days are named with the year where it changes', () => {
  const ticks = at('2000-12-30T00:00', '2000-12-31T00:00', '2001-01-01T00:00');
  expect(timeLabels(null, ticks)).toEqual(['30 Dec\n2000', '31 Dec', '1 Jan\n2001']);
});

test('hours are named with the day where it changes, seconds only where they matter', () => {
  const hours = at('2001-01-03T18:00', '2001-01-04T00:00', '2001-01-04T06:00');
  expect(timeLabels(null, hours)).toEqual(['18:00\n3 Jan 2001', '00:00\n4 Jan 2001', '06:00']);
  const seconds = at('2001-01-03T10:00:30', '2001-01-03T10:01:00');
  expect(timeLabels(null, seconds)).toEqual(['10:00:30\n3 Jan 2001', '10:01:00']);
});

test('a single moment has room around it', () => {
  const [min, max] = timeRange(null, 1_000_000, 1_000_000);
  expect(min).toBeLessThan(1_000_000);
  expect(max).toBeGreaterThan(1_000_000);
});

test('values begin at zero unless that pressed the line flat', () => {
  expect(valueRange(null, 3, 20)[0]).toBe(0);
  expect(valueRange(null, 980, 1_000)[0]).toBeGreaterThan(900);
  expect(valueRange(null, -5, 5)[0]).toBeLessThan(-5);
  expect(valueRange(null, 0, 0)).toEqual([0, 1]);
  expect(valueRange(null, null, null)).toEqual([0, 1]);
});

test('counts have no ticks between whole numbers', () => {
  const series = (final: (number | null | undefined)[]) => ({
    times: [],
    series: [{ final, live: [] } as never],
  });
  expect(Math.min(...valueSteps(series([1, null, undefined, 3])))).toBe(1);
  expect(Math.min(...valueSteps(series([1, 2.5])))).toBeLessThan(0.1);
  expect(valueLabels(null, [0, 1_500_000])).toEqual(['0', '1.5M']);
});
