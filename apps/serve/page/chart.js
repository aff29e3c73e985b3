import { timeLabels, timeRange, valueLabels, valueRange, valueSteps } from './axes.js';

/** The page loads the npm package before its modules. */
const { uPlot } = /** @type {{ uPlot: typeof import('uplot') }} */ (/** @type {unknown} */ (globalThis));

/** Lines at once; each has a colour in page.css (`--series-1` …). */
export const MAX_SERIES = 5;
/** Up to here each final result has a dot of its own. */
const MAX_DOTTED = 40;

/**
 * Lines of window values over event time. The time axis is that of the data, whenever that was.
 * @param {HTMLElement} parent
 * @param {(index: number | null) => void} onCursor the time that is pointed at, as an index; null: none
 */
export function createChart(parent, onCursor) {
  /** @type {import('./window-rows.js').ChartData} */
  let shown = { times: [], series: [] };
  /** @type {import('uplot') | null} */
  let plot = null;

  function build() {
    plot?.destroy();
    plot = new uPlot(
      options(parent, () => shown, onCursor),
      columns(shown),
      parent,
    );
  }

  new ResizeObserver(() => plot?.setSize(sizeOf(parent))).observe(parent);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', build);

  return {
    /**
     * @param {import('./window-rows.js').ChartData} next
     * @param {boolean} isOther it shows something else than before, not the same with more results
     */
    show(next, isOther) {
      const zoomed = !isOther && plot !== null && isZoomed(plot, shown.times);
      shown = next;
      if (!plot) build();
      // Who has zoomed in stays where they are while new results come.
      plot?.setData(columns(shown), !zoomed);
      if (zoomed) plot?.redraw();
    },
  };
}

/** @param {HTMLElement} parent */
const sizeOf = (parent) => ({ width: parent.clientWidth, height: parent.clientHeight });

/**
 * @param {import('./window-rows.js').ChartData} data
 * @returns {import('uplot').AlignedData} times, then a final and a live line for each place
 */
function columns({ times, series }) {
  const none = new Array(times.length).fill(undefined);
  const lines = Array.from({ length: MAX_SERIES }, (_, place) => [
    series[place]?.final ?? none,
    series[place]?.live ?? none,
  ]);
  return [times, ...lines.flat()];
}

/**
 * @param {import('uplot')} plot
 * @param {readonly number[]} times
 */
function isZoomed(plot, times) {
  const { min, max } = plot.scales.x ?? {};
  const [first, last] = [times[0], times.at(-1)];
  if (min == null || max == null || first === undefined || last === undefined) return false;
  return min > first || max < last;
}

/**
 * @param {HTMLElement} parent
 * @param {() => import('./window-rows.js').ChartData} shown
 * @param {(index: number | null) => void} onCursor
 * @returns {import('uplot').Options}
 */
function options(parent, shown, onCursor) {
  const style = getComputedStyle(parent);
  /** @param {string} name */
  const colour = (name) => style.getPropertyValue(name).trim();
  const font = `12px ${style.fontFamily}`;
  const axis = {
    stroke: colour('--muted'),
    font,
    grid: { stroke: colour('--grid'), width: 1 },
    ticks: { stroke: colour('--grid'), width: 1, size: 4 },
  };
  return {
    ...sizeOf(parent),
    ms: 1,
    tzDate: (time) => uPlot.tzDate(new Date(time), 'Etc/UTC'),
    padding: [10, 28, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 8 }, drag: { x: true, y: false, dist: 5 } },
    scales: { x: { range: timeRange }, y: { range: valueRange } },
    axes: [
      { ...axis, size: 46, space: 70, values: timeLabels },
      {
        ...axis,
        size: axisWidth,
        incrs: () => valueSteps(shown()),
        values: valueLabels,
      },
    ],
    series: [{}, ...seriesOptions(shown, colour)],
    hooks: { setCursor: [({ cursor }) => onCursor(cursor.idx ?? null)] },
  };
}

/**
 * @param {() => import('./window-rows.js').ChartData} shown
 * @param {(name: string) => string} colour
 * @returns {import('uplot').Series[]}
 */
function seriesOptions(shown, colour) {
  return Array.from({ length: MAX_SERIES }, (_, place) => {
    const stroke = colour(`--series-${place + 1}`);
    return [
      {
        stroke,
        width: 2,
        points: { show: () => shown().times.length <= MAX_DOTTED, size: 5, fill: stroke, width: 0 },
      },
      {
        stroke,
        width: 2,
        dash: [3, 5],
        points: {
          show: true,
          size: 8,
          width: 2,
          fill: colour('--panel'),
          filter: () => shown().series[place]?.isLive.flatMap((live, at) => (live ? [at] : [])) ?? null,
        },
      },
    ];
  }).flat();
}

/**
 * @param {import('uplot')} plot
 * @param {string[] | null} labels
 */
function axisWidth(plot, labels) {
  const longest = (labels ?? []).reduce(
    (most, label) => Math.max(most, plot.ctx.measureText(label).width),
    0,
  );
  return Math.max(40, Math.ceil(longest / devicePixelRatio) + 18);
}
