import { valueText } from './format.js';

/** Room that a single moment gets on both sides. */
const LONE_MOMENT_MS = 60_000;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Between two ticks of the value axis: 1, 2 or 5, in every power of ten. */
const STEPS = Array.from({ length: 25 }, (_, power) =>
  [1, 2, 5].map((step) => Number(`${step}e${power - 9}`)),
).flat();

/**
 * @param {import('./window-rows.js').ChartData} data
 * @returns {number[]} what may lie between two ticks of the value axis; counts have no ticks at halves
 */
export function valueSteps({ series }) {
  const isWhole = series.every(({ final, live }) =>
    [final, live].every((line) => line.every((value) => value == null || Number.isInteger(value))),
  );
  return isWhole ? STEPS.filter((step) => step >= 1) : STEPS;
}

/**
 * @param {unknown} _
 * @param {readonly number[]} ticks
 */
export function valueLabels(_, ticks) {
  return ticks.map((tick) => (Math.abs(tick) >= 1e6 ? `${valueText(tick / 1e6)}M` : valueText(tick)));
}

/**
 * @param {unknown} _
 * @param {number | null} min
 * @param {number | null} max
 * @returns {import('uplot').Range.MinMax}
 */
export function timeRange(_, min, max) {
  if (min === null || max === null) return [null, null];
  return min === max ? [min - LONE_MOMENT_MS, max + LONE_MOMENT_MS] : [min, max];
}

/**
 * From zero where that does not press the lines flat.
 * @param {unknown} _
 * @param {number | null} min
 * @param {number | null} max
 * @returns {import('uplot').Range.MinMax}
 */
export function valueRange(_, min, max) {
  if (min === null || max === null) return [0, 1];
  if (min >= 0 && (min < max / 2 || max === 0)) return [0, max === 0 ? 1 : max * 1.08];
  const room = (max - min || Math.abs(max)) * 0.1;
  return [min - room, max + room];
}

/**
 * The clock where ticks are closer than a day, below it the date; the date, and below it the year. What stands
 * below is only said where it changes.
 * @param {unknown} _
 * @param {number[]} ticks
 */
export function timeLabels(_, ticks) {
  const clocks = ticks.some((tick) => tick % DAY_MS !== 0);
  const seconds = ticks.some((tick) => tick % MINUTE_MS !== 0);
  let said = '';
  return ticks.map((tick) => {
    const iso = new Date(tick).toISOString();
    const date = `${Number(iso.slice(8, 10))} ${MONTHS[Number(iso.slice(5, 7)) - 1]}`;
    const time = iso.slice(11, seconds ? 19 : 16);
    const [above, below] = clocks ? [time, `${date} ${iso.slice(0, 4)}`] : [date, iso.slice(0, 4)];
    if (below === said) return above;
    said = below;
    return `${above}\n${below}`;
  });
}
