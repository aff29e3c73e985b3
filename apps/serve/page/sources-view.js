import { byId, element, setAttribute, setText, showList } from './elements.js';
import { countText, rateText, timeText } from './format.js';

/** Parts shown of a source; the rest is counted. */
const MAX_PARTS = 12;
const MAX_LANES = 64;

/**
 * @typedef {import('@millrace/lanes/status').SourceStatus} SourceStatus
 * @typedef {import('@millrace/lanes/status').SourcePartStatus} SourcePartStatus
 * @typedef {import('@millrace/lanes/status').LaneStatus} LaneStatus
 */
export function createSourcesView() {
  const list = byId('sources');
  const lanes = byId('lanes');
  const note = byId('lanes-note');
  return {
    /**
     * @param {import('@millrace/lanes/status').PipelineStatus} status
     * @param {number} now
     */
    paint(status, now) {
      showList(list, status.sources, {
        key: ({ name }) => name,
        create: ({ name, kind }) => createSource(name, kind),
        update: (item, source) => updateSource(item, source, now),
      });
      showList(lanes, status.lanes.slice(0, MAX_LANES), {
        key: ({ lane }) => String(lane),
        create: createLane,
        update: (row, lane) => updateLane(row, lane, now),
      });
      const repeats = status.repeats > 0 ? `${countText(status.repeats)} repeats dropped` : 'no repeats';
      setText(note, status.gaps > 0 ? `${repeats}, ${countText(status.gaps)} gaps` : `${repeats}, no gaps`);
    },
  };
}

/**
 * @param {string} name
 * @param {string} kind
 */
function createSource(name, kind) {
  return element(
    'li',
    {},
    element(
      'div',
      { class: 'source-head' },
      element('b', {}, name),
      element('span', { class: 'kind' }, kind),
      element('span', { class: 'source-rate' }),
    ),
    element('ul', { class: 'parts' }),
    element('p', { class: 'note', hidden: true }),
  );
}

/**
 * @param {Element} item
 * @param {SourceStatus} source
 * @param {number} now
 */
function updateSource(item, { name, events, eventsPerSecond, parts }, now) {
  const [rate, list, more] = item.querySelectorAll('.source-rate, .parts, .note');
  const amount = `${countText(events)} ${events === 1 ? 'event' : 'events'}`;
  setText(
    /** @type {Element} */ (rate),
    eventsPerSecond > 0 ? `${amount} · ${rateText(eventsPerSecond)}/s` : amount,
  );
  showList(/** @type {Element} */ (list), parts.slice(0, MAX_PARTS), {
    key: (part) => part.name,
    create: (part) => createPart(part.name === name ? 'requests' : fileOf(part.name, name), part.name),
    update: (row, part) => updatePart(row, part, now),
  });
  const left = parts.length - MAX_PARTS;
  setAttribute(/** @type {Element} */ (more), 'hidden', left > 0 ? null : '');
  setText(/** @type {Element} */ (more), `and ${countText(left)} more`);
}

/**
 * `SOURCE:PATH#FINGERPRINT` as its path.
 * @param {string} part
 * @param {string} source
 */
function fileOf(part, source) {
  const path = part.startsWith(`${source}:`) ? part.slice(source.length + 1) : part;
  const end = path.lastIndexOf('#');
  return (end > 0 ? path.slice(0, end) : path).split('/').at(-1) ?? path;
}

/**
 * @param {string} label
 * @param {string} title
 */
function createPart(label, title) {
  return element(
    'li',
    { class: 'part' },
    element('span', { class: 'part-name', title }, label),
    element('span', { class: 'part-state' }),
    element('progress', { max: 1, 'aria-label': `Read of ${label}` }),
    element('span', { class: 'part-where' }),
  );
}

/**
 * @param {Element} row
 * @param {SourcePartStatus} part
 * @param {number} now
 */
function updatePart(row, { state, position, progress, eventTime }, now) {
  const [, said, bar, where] = row.children;
  const share = progress === null || state === 'ended' ? '' : ` ${Math.floor(progress * 100)} %`;
  setText(/** @type {Element} */ (said), `${state === 'ended' ? 'all read' : state}${share}`);
  setAttribute(/** @type {Element} */ (bar), 'hidden', progress === null ? '' : null);
  if (progress !== null) setAttribute(/** @type {Element} */ (bar), 'value', String(progress));
  const at = position === null ? [] : [`position ${countText(position)}`];
  const until = eventTime === null ? [] : [`events up to ${timeText(eventTime, now)}`];
  setText(/** @type {Element} */ (where), [...at, ...until].join(' · '));
}

/** @param {LaneStatus} lane */
function createLane({ lane }) {
  return element(
    'tr',
    {},
    element('th', { scope: 'row' }, String(lane)),
    element('td', { class: 'number' }),
    element('td'),
    element('td', { class: 'number' }),
  );
}

/**
 * @param {Element} row
 * @param {LaneStatus} lane
 * @param {number} now
 */
function updateLane(row, { lag, watermark, openWindows, stopped }, now) {
  const [, lagCell, markCell, openCell] = row.children;
  setText(/** @type {Element} */ (lagCell), countText(lag));
  const mark = watermark === null ? 'no events yet' : timeText(watermark, now);
  setText(/** @type {Element} */ (markCell), stopped ? `stopped: ${stopped.code}` : mark);
  setText(/** @type {Element} */ (openCell), countText(openWindows));
  row.classList.toggle('stopped', stopped !== null);
}
