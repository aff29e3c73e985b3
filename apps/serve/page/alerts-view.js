import { byId, element, showList } from './elements.js';
import { countText, isoText, timeText, valueText } from './format.js';
import { MAX_ALERTS } from './results.js';

/** @typedef {import('./results.js').AlertRow} AlertRow */

/** The colour of a severity; the word itself is always there too. */
const TONES = new Map([
  ['critical', 'bad'],
  ['high', 'bad'],
  ['error', 'bad'],
  ['medium', 'warn'],
  ['warning', 'warn'],
  ['low', 'calm'],
  ['info', 'calm'],
]);

export function createAlertsView() {
  const list = byId('alerts');
  const empty = byId('alerts-empty');
  const count = byId('alerts-count');
  empty.textContent = 'No alerts so far. One shows up here the moment a detector fires.';
  return {
    /**
     * @param {readonly AlertRow[]} alerts newest first
     * @param {number} now
     */
    paint(alerts, now) {
      empty.hidden = alerts.length > 0;
      list.hidden = alerts.length === 0;
      count.textContent =
        alerts.length < MAX_ALERTS ? countText(alerts.length) : `latest ${countText(MAX_ALERTS)}`;
      showList(list, alerts, { key: ({ id }) => id, create: (alert) => createAlert(alert, now) });
    },
  };
}

/**
 * @param {AlertRow} alert
 * @param {number} now
 */
function createAlert({ name, group, severity, message, time, value, score, window }, now) {
  const tone = TONES.get(severity.toLowerCase()) ?? 'plain';
  const numbers = [
    ...(value === null ? [] : [figure('value', value)]),
    ...(score === null ? [] : [figure('score', score)]),
    ...(window === null ? [] : [element('span', {}, `in ${window.name}`)]),
  ];
  return element(
    'li',
    { class: `alert ${tone}` },
    element(
      'div',
      { class: 'alert-head' },
      element('span', { class: `badge ${tone}` }, severity),
      element('b', { title: group }, group),
      element('time', { datetime: isoText(time), title: isoText(time) }, timeText(time, now)),
    ),
    element('p', {}, message),
    element('div', { class: 'alert-foot' }, element('span', {}, name), ...numbers),
  );
}

/**
 * @param {string} label
 * @param {number} value
 */
function figure(label, value) {
  return element('span', {}, element('small', {}, label), ' ', valueText(value));
}
