const integers = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 });
const hundredths = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 });
const significant = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 });

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** @param {number} count */
export function countText(count) {
  return integers.format(count);
}

/**
 * A computed value: `1,234.5`, `12.35`, `0.00123`; a dash for none.
 * @param {number | string | null | undefined} value
 */
export function valueText(value) {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'string') return value;
  const size = Math.abs(value);
  if (size >= 1_000) return tenths.format(value);
  if (size >= 1 || size === 0) return hundredths.format(value);
  return significant.format(value);
}

/** @param {number} perSecond */
export function rateText(perSecond) {
  return perSecond < 10 ? tenths.format(perSecond) : integers.format(perSecond);
}

/**
 * A latency: `< 1 ms`, `12 ms`, `1.2 s`.
 * @param {number} ms
 */
export function latencyText(ms) {
  if (ms < 1) return '< 1 ms';
  if (ms < SECOND) return `${integers.format(ms)} ms`;
  if (ms < MINUTE) return `${tenths.format(ms / SECOND)} s`;
  return durationText(ms);
}

/**
 * A span in its two largest units: `45 s`, `3 min 5 s`, `2 h 14 min`, `3 d 4 h`, `9,450 d`.
 * @param {number} ms
 */
export function durationText(ms) {
  if (ms < SECOND) return `${integers.format(Math.max(0, ms))} ms`;
  if (ms < MINUTE) return `${integers.format(Math.floor(ms / SECOND))} s`;
  if (ms < HOUR) return twoUnits(ms, MINUTE, 'min', SECOND, 's');
  if (ms < DAY) return twoUnits(ms, HOUR, 'h', MINUTE, 'min');
  if (ms < 100 * DAY) return twoUnits(ms, DAY, 'd', HOUR, 'h');
  return `${integers.format(Math.floor(ms / DAY))} d`;
}

/**
 * @param {number} ms
 * @param {number} large
 * @param {string} largeName
 * @param {number} small
 * @param {string} smallName
 */
function twoUnits(ms, large, largeName, small, smallName) {
  const rest = Math.floor((ms % large) / small);
  const first = `${Math.floor(ms / large)} ${largeName}`;
  return rest === 0 ? first : `${first} ${rest} ${smallName}`;
}

/** @param {number} bytes */
export function bytesText(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 ** 2) return `${tenths.format(bytes / 1024)} KiB`;
  if (bytes < 1024 ** 3) return `${integers.format(bytes / 1024 ** 2)} MiB`;
  return `${tenths.format(bytes / 1024 ** 3)} GiB`;
}

/**
 * A moment in UTC, without what goes without saying: no date on `now`'s own day, no time at midnight, no zero
 * seconds.
 * @param {number} ms
 * @param {number} now
 */
export function timeText(ms, now) {
  const iso = isoText(ms);
  const [date, time] = [iso.slice(0, 10), iso.slice(11, 19)];
  if (date === isoText(now).slice(0, 10)) return time;
  if (time === '00:00:00') return date;
  return `${date} ${time.endsWith(':00') ? time.slice(0, 5) : time}`;
}

/**
 * @param {number} ms
 * @returns {string} ISO 8601; the number itself beyond what dates can say
 */
export function isoText(ms) {
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : String(ms);
}
