import { createChart, MAX_SERIES } from './chart.js';
import { byId, element, setText, showList } from './elements.js';
import { countText, durationText, isoText, timeText, valueText } from './format.js';
import { keepPlaces } from './places.js';

const SPANS = [
  { count: 30, label: 'last 30' },
  { count: 100, label: 'last 100' },
  { count: 300, label: 'last 300' },
  { count: Number.MAX_SAFE_INTEGER, label: 'all read' },
];
const DEFAULT_SPAN = 100;
/** Groups that the search suggests at once. */
const MAX_SUGGESTED = 100;

/**
 * @typedef {{ name: string, kind: string, longestMs: number, latenessMs: number, emit: 'close' | 'updates',
 *   values: { name: string, aggregate: string }[] }} WindowInfo
 * @typedef {ReturnType<typeof import('./window-rows.js').createWindowRows>} WindowRows
 * @typedef {{ window: string, value: string, span: number, groups: readonly string[] }} Selection
 */

/**
 * Results of one window over event time: its largest groups, or those that were searched for.
 * @param {{ onSelect: (selection: Selection, changed: 'window' | 'group' | 'view') => void }} listener
 */
export function createWindowsView({ onSelect }) {
  const windowSelect = /** @type {HTMLSelectElement} */ (byId('window'));
  const valueSelect = /** @type {HTMLSelectElement} */ (byId('value'));
  const spanSelect = /** @type {HTMLSelectElement} */ (byId('span'));
  const groupInput = /** @type {HTMLInputElement} */ (byId('group'));
  /** @type {readonly WindowInfo[]} */
  let windows = [];
  /** @type {Selection} */
  let selection = { window: '', value: '', span: DEFAULT_SPAN, groups: [] };
  /** @type {import('./window-rows.js').ChartData} */
  let shown = { times: [], series: [] };
  /** @type {number | null} */
  let pointed = null;
  let now = 0;
  let isOther = true;
  const chart = createChart(byId('chart'), (index) => {
    pointed = index;
    paintLegend();
  });

  /**
   * @param {Partial<Selection>} change
   * @param {'window' | 'group' | 'view'} changed
   */
  function select(change, changed) {
    selection = { ...selection, ...change };
    isOther = true;
    showChosen(selection.groups, (group) =>
      select({ groups: selection.groups.filter((one) => one !== group) }, 'view'),
    );
    onSelect(selection, changed);
  }

  /** @param {string} name */
  const infoOf = (name) => windows.find((window) => window.name === name);

  function fillValues() {
    const values = infoOf(selection.window)?.values ?? [];
    fill(
      valueSelect,
      values.map(({ name }) => name),
      selection.value,
    );
    selection = { ...selection, value: valueSelect.value };
  }

  function paintLegend() {
    const info = infoOf(selection.window);
    setText(byId('legend-value'), selection.value || 'Value');
    const time = pointed === null ? undefined : shown.times[pointed];
    showList(byId('legend-rows'), shown.series, {
      key: ({ group }) => group,
      create: createLegendRow,
      update: (row, series) =>
        updateLegendRow(row, series, shown.series.indexOf(series), {
          time,
          pointed,
          now,
          info,
          value: selection.value,
        }),
    });
  }

  windowSelect.addEventListener('change', () => {
    selection = { ...selection, window: windowSelect.value, value: '' };
    fillValues();
    select({ groups: [] }, 'window');
  });
  valueSelect.addEventListener('change', () => select({ value: valueSelect.value }, 'view'));
  spanSelect.addEventListener('change', () => select({ span: Number(spanSelect.value) }, 'view'));
  byId('group-form').addEventListener('submit', (event) => {
    event.preventDefault();
    const group = groupInput.value;
    groupInput.value = '';
    if (group === '' || selection.groups.includes(group)) return;
    select({ groups: [...selection.groups, group].slice(-MAX_SERIES) }, 'group');
  });
  spanSelect.replaceChildren(
    ...SPANS.map(({ count, label }) =>
      element('option', { value: count, selected: count === DEFAULT_SPAN }, label),
    ),
  );

  return {
    selection: () => selection,
    /**
     * @param {readonly WindowInfo[]} next
     * @param {Partial<Selection>} wanted what to begin with, where there is such
     */
    setWindows(next, wanted) {
      windows = next;
      fill(
        windowSelect,
        windows.map(({ name }) => name),
        wanted.window ?? '',
      );
      selection = { ...selection, window: windowSelect.value, value: wanted.value ?? '' };
      fillValues();
      select({ groups: wanted.groups ?? [] }, 'window');
    },

    /**
     * @param {WindowRows} rows
     * @param {{ now: number, isLoading: boolean, emptyState: () => Node }} around
     */
    paint(rows, around) {
      now = around.now;
      const { value, span, groups } = selection;
      const since = rows.since(span, groups.length > 0 ? groups : null);
      const wanted = groups.length > 0 ? groups : rows.top(value, MAX_SERIES, since);
      shown = rows.chart(
        keepPlaces(
          wanted,
          shown.series.map(({ group }) => group),
        ),
        value,
        since,
      );
      const isEmpty = shown.series.length === 0;
      byId('chart').hidden = isEmpty;
      byId('legend').hidden = isEmpty;
      showEmpty(byId('windows-empty'), isEmpty && !around.isLoading, () =>
        groups.length > 0
          ? document.createTextNode(`There are no results for ${groups.join(', ')}.`)
          : around.emptyState(),
      );
      if (!isEmpty) {
        chart.show(shown, isOther);
        isOther = false;
      }
      pointed = null;
      paintLegend();
      suggest(rows.groups());
      setText(
        byId('windows-note'),
        noteOf(infoOf(selection.window), rows, groups.length > 0, around.isLoading),
      );
    },
  };
}

/**
 * @param {HTMLSelectElement} select
 * @param {readonly string[]} options
 * @param {string} wanted
 */
function fill(select, options, wanted) {
  select.replaceChildren(...options.map((option) => element('option', { value: option }, option)));
  if (options.includes(wanted)) select.value = wanted;
  select.disabled = options.length === 0;
}

/**
 * @param {readonly string[]} groups
 * @param {(group: string) => void} remove
 */
function showChosen(groups, remove) {
  const box = byId('chosen');
  box.hidden = groups.length === 0;
  showList(box, groups, {
    key: (group) => group,
    create: (group) =>
      element(
        'button',
        { type: 'button', class: 'chip', 'aria-label': `Take ${group} away`, click: () => remove(group) },
        group,
        element('span', { 'aria-hidden': 'true' }, '×'),
      ),
  });
}

/**
 * @param {HTMLElement} box
 * @param {boolean} isEmpty
 * @param {() => Node} content
 */
function showEmpty(box, isEmpty, content) {
  box.hidden = !isEmpty;
  if (!isEmpty) return;
  const next = content();
  // An unchanged one stays: somebody may be copying from it.
  if (box.textContent !== next.textContent) box.replaceChildren(next);
}

/** @param {readonly string[]} groups */
function suggest(groups) {
  const suggested = groups.slice(0, MAX_SUGGESTED).sort();
  showList(byId('groups'), suggested, {
    key: (group) => group,
    create: (group) => element('option', { value: group }),
  });
}

function createLegendRow() {
  return element(
    'tr',
    {},
    element(
      'th',
      { scope: 'row' },
      element('i', { class: 'swatch', 'aria-hidden': 'true' }),
      element('span'),
    ),
    element('td'),
    element('td', {}, element('span', { class: 'phase' })),
    element('td', { class: 'number' }),
    element('td', { class: 'number strong' }),
  );
}

/**
 * @param {Element} row
 * @param {import('./window-rows.js').ChartData['series'][number]} series
 * @param {number} place
 * @param {{ time: number | undefined, pointed: number | null, now: number, info: WindowInfo | undefined, value: string }} at
 */
function updateLegendRow(row, { group, latest, final, live, isLive }, place, { time, pointed, now, value }) {
  const [name, window, phase, revision, number] = row.children;
  const isPointed = time !== undefined && pointed !== null;
  const isOpen = isPointed ? isLive[pointed] : !latest.final;
  const pointedValue = isPointed ? (isOpen ? live[pointed] : final[pointed]) : undefined;
  /** @type {HTMLElement} */ (name?.firstElementChild).className = `swatch series-${place + 1}`;
  setText(/** @type {Element} */ (name?.lastElementChild), group === '' ? '(empty)' : group);
  const start = isPointed ? time : latest.start;
  setText(/** @type {Element} */ (window), timeText(start, now));
  window?.setAttribute('title', isoText(start));
  const isMissing = isPointed && pointedValue == null;
  const pill = /** @type {HTMLElement} */ (phase?.firstElementChild);
  setText(pill, isMissing ? '' : isOpen ? 'live' : 'final');
  pill.className = isMissing ? 'phase' : `phase ${isOpen ? 'live' : 'final'}`;
  setText(/** @type {Element} */ (revision), isPointed ? '' : countText(latest.revision));
  setText(/** @type {Element} */ (number), valueText(isPointed ? pointedValue : latest.values[value]));
}

/**
 * @param {WindowInfo | undefined} info
 * @param {WindowRows} rows
 * @param {boolean} isSearched
 * @param {boolean} isLoading
 */
function noteOf(info, rows, isSearched, isLoading) {
  if (!info) return '';
  const groups = rows.groups().length;
  const which =
    isSearched || groups <= MAX_SERIES ? '' : `The ${MAX_SERIES} largest of ${countText(groups)} groups. `;
  const kind = `${info.kind} windows of ${info.kind === 'session' ? 'up to ' : ''}${durationText(info.longestMs)}`;
  const read = isLoading ? ' Reading…' : '';
  return `${which}${kind[0]?.toUpperCase()}${kind.slice(1)}. Dashed with rings: live, still open. Drag over the chart to zoom, double-click for all.${read}`;
}
