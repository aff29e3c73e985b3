import { createAlertsView } from './alerts-view.js';
import { ApiError, ask, pathOf } from './api.js';
import { createAuditView } from './audit-view.js';
import { connect } from './connection.js';
import { createDeadLettersView } from './dead-letters-view.js';
import { byId, element } from './elements.js';
import { firstEvent } from './first-event.js';
import { createFlowView } from './flow-view.js';
import { createHeadView } from './head-view.js';
import { createPainter } from './painter.js';
import { createResults } from './results.js';
import { readSelection, writeSelection } from './selection.js';
import { createSourcesView } from './sources-view.js';
import { createWindowsView } from './windows-view.js';

/** Between two readings after the stream has said that it left some out. */
const REREAD_MS = 3_000;

/** @param {string} pipeline */
function showPipeline(pipeline) {
  const path = pathOf(pipeline);
  /** @type {import('@millrace/lanes/status').PipelineStatus | null} */
  let status = null;
  let now = Date.now();
  /** @type {any} */
  let example = null;
  let disconnect = () => {};
  let rereadAt = 0;

  const results = createResults(path, { ask, onChange: (part) => invalidate(part), onFault: explain });
  const { rows, alerts, letters } = results;
  const head = createHeadView();
  const flow = createFlowView();
  const audit = createAuditView();
  const alertsView = createAlertsView();
  const sources = createSourcesView();
  const lettersView = createDeadLettersView({
    path: () => `${path}/deadletters`,
    onGone: (id) => results.removeLetter(id),
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
      isLoading: results.isReading(),
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
      results.setWindow(selection.window);
      open();
    } else if (changed === 'group') {
      void results.readGroup(/** @type {string} */ (selection.groups.at(-1)));
    }
    invalidate('windows');
  }

  function open() {
    disconnect();
    const { window } = windows.selection();
    const query = window === '' ? '' : `?window=${encodeURIComponent(window)}`;
    disconnect = connect(`${path}/stream${query}`, {
      onOpen: () => {
        head.connected();
        read();
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
    if (name === 'missed') return reread();
    if (name !== 'status') return results.apply(name, data);
    now = data.time;
    status = data.pipelines[0] ?? null;
    if (status) flow.add(status.stages);
    head.setMemory(data.memory);
    invalidate('status');
    if (rows.size() === 0) invalidate('windows');
  }

  /** Only so often, and once after the last time that something was missed. */
  function reread() {
    const wait = rereadAt + REREAD_MS - performance.now();
    if (wait > REREAD_MS) return;
    rereadAt = performance.now() + Math.max(0, wait);
    setTimeout(read, Math.max(0, wait));
  }

  function read() {
    void results.read(windows.selection().groups);
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
