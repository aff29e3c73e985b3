import { createAlertsView, MAX_ALERTS } from './alerts-view.js';
import { ApiError, ask, pathOf } from './api.js';
import { createAuditView } from './audit-view.js';
import { connect } from './connection.js';
import { createDeadLettersView, MAX_DEAD_LETTERS } from './dead-letters-view.js';
import { byId, element } from './elements.js';
import { firstEvent } from './first-event.js';
import { createFlowView } from './flow-view.js';
import { createHeadView } from './head-view.js';
import { createNewestList } from './newest-list.js';
import { createPainter } from './painter.js';
import { readSelection, writeSelection } from './selection.js';
import { createSourcesView } from './sources-view.js';
import { createWindowRows } from './window-rows.js';
import { createWindowsView } from './windows-view.js';

/** Window results that are kept in the page, of the window that is shown. */
const MAX_ROWS = 20_000;
const PAGE_ROWS = 1_000;
/** Read of the past when a window is opened; more comes with the stream. */
const MAX_PAGES = 5;
/** Between two readings after the stream has said that it left some out. */
const REREAD_MS = 3_000;

/** @param {string} pipeline */
function showPipeline(pipeline) {
  const path = pathOf(pipeline);
  const rows = createWindowRows(MAX_ROWS);
  /** @type {ReturnType<typeof createNewestList<import('./alerts-view.js').AlertRow>>} */
  const alerts = createNewestList(MAX_ALERTS);
  /** @type {ReturnType<typeof createNewestList<import('./dead-letters-view.js').DeadLetterRow>>} */
  const letters = createNewestList(MAX_DEAD_LETTERS);
  /** @type {import('@millrace/lanes/status').PipelineStatus | null} */
  let status = null;
  let now = Date.now();
  /** @type {any} */
  let example = null;
  let disconnect = () => {};
  let reading = new AbortController();
  let isLoading = false;
  let rereadAt = 0;

  const head = createHeadView();
  const flow = createFlowView();
  const audit = createAuditView();
  const alertsView = createAlertsView();
  const sources = createSourcesView();
  const lettersView = createDeadLettersView({
    path: () => `${path}/deadletters`,
    onGone: (id) => {
      letters.remove(id);
      invalidate('letters');
    },
  });
  const windows = createWindowsView({ onSelect });

  const invalidate = createPainter(
    {
      status: { paint: paintStatus, everyMs: 0 },
      windows: { paint: paintWindows, everyMs: 250 },
      alerts: { paint: () => alertsView.paint(alerts.list(), now), everyMs: 250 },
      letters: {
        paint: () => lettersView.paint(letters.list(), status?.deadLetters ?? {}, now),
        everyMs: 250,
      },
    },
    { now: () => performance.now(), nextFrame: requestAnimationFrame },
  );

  function paintStatus() {
    if (!status) return;
    head.paint(status);
    flow.paint(status.stages);
    audit.paint(status.audit);
    sources.paint(status, now);
  }

  function paintWindows() {
    windows.paint(rows, {
      now,
      isLoading,
      emptyState: () => {
        if (!status || status.audit.events === 0) return firstEvent(example, location.origin);
        return document.createTextNode(
          'No results yet. A window gives its first one when an event reaches it, or when it closes.',
        );
      },
    });
  }

  /**
   * @param {import('./windows-view.js').Selection} selection
   * @param {'window' | 'group' | 'view'} changed
   */
  function onSelect(selection, changed) {
    writeSelection({ pipeline, ...selection });
    if (changed === 'window') {
      rows.clear();
      open();
    } else if (changed === 'group') {
      void readWindows(selection.groups.slice(-1));
    }
    invalidate('windows');
  }

  function open() {
    disconnect();
    isLoading = true;
    const { window } = windows.selection();
    const query = window === '' ? '' : `?window=${encodeURIComponent(window)}`;
    disconnect = connect(`${path}/stream${query}`, {
      onOpen: () => {
        head.connected();
        void read();
      },
      onLost: head.lost,
      onEvent,
    });
  }

  /**
   * @param {string} name
   * @param {any} data
   */
  function onEvent(name, data) {
    switch (name) {
      case 'status':
        now = data.time;
        status = data.pipelines[0] ?? null;
        if (status) flow.add(status.stages);
        head.setMemory(data.memory);
        invalidate('status');
        if (rows.size() === 0) invalidate('windows');
        break;
      case 'windows':
        rows.put(
          data.filter((/** @type {{ name: string }} */ row) => row.name === windows.selection().window),
        );
        invalidate('windows');
        break;
      case 'alerts':
        alerts.put(data);
        invalidate('alerts');
        break;
      case 'deadletters':
        letters.put(data);
        invalidate('letters');
        break;
      case 'removed':
        for (const id of data) letters.remove(id);
        invalidate('letters');
        break;
      case 'missed':
        reread();
    }
  }

  /** Only so often, and once after the last time that something was missed. */
  function reread() {
    const wait = rereadAt + REREAD_MS - performance.now();
    if (wait > REREAD_MS) return;
    rereadAt = performance.now() + Math.max(0, wait);
    setTimeout(() => void read(), Math.max(0, wait));
  }

  async function read() {
    reading.abort();
    reading = new AbortController();
    const { signal } = reading;
    try {
      const [alertPage, letterPage] = await Promise.all([
        ask(`${path}/alerts?limit=${MAX_ALERTS}`, { signal }),
        ask(`${path}/deadletters?limit=${MAX_DEAD_LETTERS}`, { signal }),
      ]);
      // What was removed while we were away must go, so not only put.
      letters.clear();
      letters.put(letterPage.rows);
      alerts.put(alertPage.rows);
      invalidate('alerts');
      invalidate('letters');
      const { groups } = windows.selection();
      await readWindows([null, ...groups]);
    } catch (error) {
      explain(error);
    }
  }

  /** @param {readonly (string | null)[]} groups null: all */
  async function readWindows(groups) {
    const { signal } = reading;
    const { window } = windows.selection();
    if (window === '') return;
    isLoading = true;
    try {
      for (const group of groups) {
        const only = group === null ? '' : `&group=${encodeURIComponent(group)}`;
        let after = '';
        for (let page = 0; page < MAX_PAGES; page++) {
          const url = `${path}/windows/${encodeURIComponent(window)}?order=newest&limit=${PAGE_ROWS}${only}${after}`;
          const { rows: read, next } = await ask(url, { signal });
          rows.put(read);
          invalidate('windows');
          if (next === null) break;
          after = `&after=${encodeURIComponent(next)}`;
        }
      }
    } catch (error) {
      explain(error);
    } finally {
      if (!signal.aborted) isLoading = false;
      invalidate('windows');
    }
  }

  /** @param {unknown} error */
  function explain(error) {
    if (error instanceof ApiError) head.say(error.message);
    else if (!(error instanceof DOMException)) throw error;
  }

  async function begin() {
    try {
      const [{ windows: infos }, topology, first] = await Promise.all([
        ask(`${path}/windows`),
        ask(`${path}/topology`),
        ask(`${path}/example`),
      ]);
      example = first;
      flow.setTopology(topology);
      byId('topology-link').setAttribute('href', `${path}/topology`);
      windows.setWindows(infos, readSelection());
    } catch (error) {
      explain(error);
      setTimeout(() => void begin(), REREAD_MS);
    }
  }

  void begin();
}

async function start() {
  const select = /** @type {HTMLSelectElement} */ (byId('pipeline'));
  const { pipelines } = await ask('/v1/status');
  const names = pipelines.map((/** @type {{ pipeline: string }} */ one) => one.pipeline);
  select.replaceChildren(
    ...names.map((/** @type {string} */ name) => element('option', { value: name }, name)),
  );
  const wanted = readSelection().pipeline;
  if (wanted !== undefined && names.includes(wanted)) select.value = wanted;
  select.addEventListener('change', () => {
    location.hash = new URLSearchParams({ pipeline: select.value }).toString();
    location.reload();
  });
  document.title = `${select.value} · Millrace`;
  if (names.length > 0) showPipeline(select.value);
}

function tryStart() {
  start().catch((error) => {
    const strip = byId('strip');
    strip.hidden = false;
    strip.textContent = `${error.message} Trying again…`;
    setTimeout(tryStart, REREAD_MS);
  });
}

tryStart();
