import { createNewestList } from './newest-list.js';
import { createWindowRows } from './window-rows.js';

export const MAX_ALERTS = 200;
export const MAX_DEAD_LETTERS = 100;
/** Window results that are kept, of the window that is shown. */
const MAX_ROWS = 20_000;
const PAGE_ROWS = 1_000;
/** Read of the past when a window is opened; more comes with the stream. */
const MAX_PAGES = 5;

/**
 * @typedef {{ id: string, name: string, group: string, severity: string, message: string, time: number,
 *   value: number | null, score: number | null, eventId: string | null,
 *   window: { name: string, start: number, end: number, revision: number } | null }} AlertRow
 * @typedef {{ id: string, eventId: string, key: string, stage: string, attempt: number, code: string,
 *   message: string, time: number, source: string, contentType: string,
 *   traceId: string, bytes: number }} DeadLetterRow
 * @typedef {'windows' | 'alerts' | 'letters'} Part
 */

/**
 * What the page knows of a pipeline's results: read once the stream is open, and kept up by the stream.
 * @param {string} path of the pipeline in the API
 * @param {{ ask: (path: string, init?: RequestInit) => Promise<any>, onChange: (part: Part) => void,
 *   onFault: (error: unknown) => void }} outside
 */
export function createResults(path, { ask, onChange, onFault }) {
  const rows = createWindowRows(MAX_ROWS);
  /** @type {ReturnType<typeof createNewestList<AlertRow>>} */
  const alerts = createNewestList(MAX_ALERTS);
  /** @type {ReturnType<typeof createNewestList<DeadLetterRow>>} */
  const letters = createNewestList(MAX_DEAD_LETTERS);
  let window = '';
  let reading = new AbortController();
  /**
   * What the stream said while the lists were being read, and so may not be in them.
   * @type {[string, any][] | null}
   */
  let meanwhile = null;

  /**
   * @param {string} name of a stream's event
   * @param {any} data
   */
  function apply(name, data) {
    meanwhile?.push([name, data]);
    if (name === 'windows') {
      rows.put(data.filter((/** @type {{ name: string }} */ row) => row.name === window));
      onChange('windows');
    } else if (name === 'alerts') {
      alerts.put(data);
      onChange('alerts');
    } else if (name === 'deadletters') {
      letters.put(data);
      onChange('letters');
    } else if (name === 'removed') {
      for (const id of data) letters.remove(id);
      onChange('letters');
    }
  }

  /** @param {string | null} group null: all */
  function windowsPath(group) {
    const only = group === null ? '' : `&group=${encodeURIComponent(group)}`;
    return `${path}/windows/${encodeURIComponent(window)}?order=newest&limit=${PAGE_ROWS}${only}`;
  }

  /**
   * @param {string} url
   * @param {AbortSignal} signal
   * @param {string} [from] the page to begin with
   */
  async function readPages(url, signal, from = '') {
    let after = from;
    for (let page = 0; page < MAX_PAGES; page++) {
      const only = after === '' ? '' : `&after=${encodeURIComponent(after)}`;
      const { rows: read, next } = await ask(url + only, { signal });
      rows.put(read);
      onChange('windows');
      if (next === null) return;
      after = next;
    }
  }

  /**
   * @param {(signal: AbortSignal) => Promise<void>} work
   * @param {AbortController} controller
   */
  async function during(work, controller) {
    try {
      await work(controller.signal);
    } catch (error) {
      if (!controller.signal.aborted) onFault(error);
    }
  }

  return {
    rows,
    alerts,
    letters,
    apply,
    isReading: () => meanwhile !== null,

    /** @param {string} id replayed or discarded here */
    removeLetter(id) {
      apply('removed', [id]);
    },

    /**
     * Forgets the results of the window before.
     * @param {string} name
     */
    setWindow(name) {
      reading.abort();
      window = name;
      rows.clear();
      meanwhile = [];
      onChange('windows');
    },

    /**
     * Reads everything again; what is shown stays until the new is there.
     * @param {readonly string[]} groups those that are looked at beside the newest
     */
    async read(groups) {
      reading.abort();
      const controller = new AbortController();
      reading = controller;
      meanwhile = [];
      await during(async (signal) => {
        const [alertPage, letterPage, first] = await Promise.all([
          ask(`${path}/alerts?limit=${MAX_ALERTS}`, { signal }),
          ask(`${path}/deadletters?limit=${MAX_DEAD_LETTERS}`, { signal }),
          window === '' ? { rows: [], next: null } : ask(windowsPath(null), { signal }),
        ]);
        rows.clear();
        alerts.clear();
        letters.clear();
        rows.put(first.rows);
        alerts.put(alertPage.rows);
        letters.put(letterPage.rows);
        const since = meanwhile ?? [];
        meanwhile = null;
        for (const [name, data] of since) apply(name, data);
        for (const part of /** @type {const} */ (['windows', 'alerts', 'letters'])) onChange(part);
        if (first.next !== null) await readPages(windowsPath(null), signal, first.next);
        for (const group of groups) await readPages(windowsPath(group), signal);
      }, controller);
      if (reading === controller) meanwhile = null;
      onChange('windows');
    },

    /**
     * Reads the past of one more group.
     * @param {string} group
     */
    async readGroup(group) {
      await during((signal) => readPages(windowsPath(group), signal), reading);
    },
  };
}
