/**
 * @typedef {{ name: string, group: string, start: number, end: number, revision: number, final: boolean,
 *   values: Readonly<Record<string, number | string | null>> }} WindowRow
 * @typedef {(number | null | undefined)[]} Column null: a gap in the line; undefined: nothing at this time, the
 *   line goes on
 * @typedef {{ times: number[], series: { group: string, final: Column, live: Column, isLive: boolean[],
 *   latest: WindowRow }[] }} ChartData
 */

/** What goes when there are too many: enough at once that it is seldom. */
const EVICTED_SHARE = 0.1;

/**
 * Results of one window by group and start; of several revisions the highest. Beyond `maxRows` the oldest go.
 * @param {number} maxRows
 */
export function createWindowRows(maxRows) {
  /** @type {Map<string, Map<number, WindowRow>>} */
  const groups = new Map();
  let size = 0;

  /** @param {WindowRow} row */
  function put(row) {
    const starts = groups.get(row.group) ?? new Map();
    const held = starts.get(row.start);
    if (held && held.revision > row.revision) return;
    if (!held) size += 1;
    starts.set(row.start, row);
    groups.set(row.group, starts);
  }

  function evict() {
    const oldest = [...groups.values()]
      .flatMap((starts) => [...starts.values()])
      .sort((a, b) => a.start - b.start)
      .slice(0, size - Math.floor(maxRows * (1 - EVICTED_SHARE)));
    for (const { group, start } of oldest) {
      const starts = groups.get(group);
      starts?.delete(start);
      if (starts?.size === 0) groups.delete(group);
    }
    size -= oldest.length;
  }

  return {
    /** @param {readonly WindowRow[]} rows */
    put(rows) {
      for (const row of rows) put(row);
      if (size > maxRows) evict();
    },
    clear() {
      groups.clear();
      size = 0;
    },
    size: () => size,
    groups: () => [...groups.keys()],

    /**
     * The start of the last `count` window starts that there are; −∞ where there are no more.
     * @param {number} count
     * @param {readonly string[] | null} [among] only these groups'
     */
    since(count, among = null) {
      const starts = new Set();
      for (const [group, rows] of groups) {
        if (among && !among.includes(group)) continue;
        for (const start of rows.keys()) starts.add(start);
      }
      if (starts.size <= count) return -Infinity;
      return /** @type {number} */ ([...starts].sort((a, b) => b - a)[count - 1]);
    },

    /**
     * The groups with the largest sum of a value since a start, largest first.
     * @param {string} value
     * @param {number} count
     * @param {number} since
     */
    top(value, count, since) {
      /** @type {[string, number][]} */
      const sums = [];
      for (const [group, rows] of groups) {
        let sum = -Infinity;
        for (const row of rows.values()) {
          const one = row.values[value];
          if (row.start >= since && typeof one === 'number') sum = (sum === -Infinity ? 0 : sum) + one;
        }
        if (sum > -Infinity) sums.push([group, sum]);
      }
      sums.sort(([a, left], [b, right]) => right - left || (a < b ? -1 : 1));
      return sums.slice(0, count).map(([group]) => group);
    },

    /**
     * One line per group: solid where results are final, a second one through the live results and what they
     * follow.
     * @param {readonly string[]} wanted
     * @param {string} value
     * @param {number} since
     * @returns {ChartData}
     */
    chart(wanted, value, since) {
      const chosen = wanted.flatMap((group) => {
        const rows = [...(groups.get(group)?.values() ?? [])]
          .filter(({ start }) => start >= since)
          .sort((a, b) => a.start - b.start);
        return rows.length > 0 ? [{ group, rows }] : [];
      });
      const times = [...new Set(chosen.flatMap(({ rows }) => rows.map(({ start }) => start)))].sort(
        (a, b) => a - b,
      );
      const index = new Map(times.map((time, at) => [time, at]));
      return { times, series: chosen.map(({ group, rows }) => lines(group, rows, value, index)) };
    },
  };
}

/**
 * @param {string} group
 * @param {readonly WindowRow[]} rows ascending, at least one
 * @param {string} value
 * @param {ReadonlyMap<number, number>} index
 */
function lines(group, rows, value, index) {
  /** @type {Column} */
  const final = new Array(index.size).fill(undefined);
  /** @type {Column} */
  const live = new Array(index.size).fill(undefined);
  /** @type {boolean[]} */
  const isLive = new Array(index.size).fill(false);
  rows.forEach((row, nth) => {
    const at = /** @type {number} */ (index.get(row.start));
    const one = row.values[value];
    const y = typeof one === 'number' ? one : null;
    isLive[at] = !row.final;
    final[at] = row.final ? y : null;
    const besideLive = rows[nth - 1]?.final === false || rows[nth + 1]?.final === false;
    live[at] = !row.final || besideLive ? y : null;
  });
  return { group, final, live, isLive, latest: /** @type {WindowRow} */ (rows.at(-1)) };
}
