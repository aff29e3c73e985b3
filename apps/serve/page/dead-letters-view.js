import { ApiError, ask } from './api.js';
import { byId, element, showList } from './elements.js';
import { bytesText, countText, isoText, timeText } from './format.js';

/** How long a second click on Discard is waited for. */
const CONFIRM_MS = 4_000;

/** @typedef {import('./results.js').DeadLetterRow} DeadLetterRow */

/** @param {{ path: () => string, onGone: (id: string) => void }} pipeline `path` of its dead letters */
export function createDeadLettersView({ path, onGone }) {
  const list = byId('dead-letters');
  const empty = byId('dead-letters-empty');
  const codes = byId('dead-letters-codes');
  empty.textContent =
    'Nothing was refused. What is refused or late ends up here with its reason, and can be replayed.';
  return {
    /**
     * @param {readonly DeadLetterRow[]} letters newest first
     * @param {Readonly<Record<string, number>>} byCode
     * @param {number} now
     */
    paint(letters, byCode, now) {
      empty.hidden = letters.length > 0;
      list.hidden = letters.length === 0;
      showList(
        codes,
        Object.entries(byCode).sort(([, a], [, b]) => b - a),
        {
          key: ([code]) => code,
          create: () => element('span', { class: 'code' }),
          update: (chip, [code, count]) =>
            chip.replaceChildren(code, ' ', element('b', {}, countText(count))),
        },
      );
      showList(list, letters, {
        key: ({ id }) => id,
        create: (letter) => createLetter(letter, now, `${path()}/${encodeURIComponent(letter.id)}`, onGone),
      });
    },
  };
}

/**
 * @param {DeadLetterRow} letter
 * @param {number} now
 * @param {string} url
 * @param {(id: string) => void} onGone
 */
function createLetter(letter, now, url, onGone) {
  const { id, eventId, code, message, stage, time, source, attempt } = letter;
  const body = element('div', { class: 'letter-body' });
  const details = element(
    'details',
    {
      toggle: () => {
        if (details.open && body.childElementCount === 0) fillLetter(body, letter, url, onGone);
      },
    },
    element(
      'summary',
      {},
      element('span', { class: 'badge plain' }, code),
      element('span', { class: 'letter-message' }, message),
      element('span', { class: 'letter-where' }, [stage, source].filter(Boolean).join(' · ')),
      element(
        'span',
        { class: 'letter-event', title: id },
        attempt > 0 ? `${eventId} (attempt ${attempt})` : eventId,
      ),
      element('time', { datetime: isoText(time), title: isoText(time) }, timeText(time, now)),
    ),
    body,
  );
  return element('li', {}, details);
}

/**
 * @param {HTMLElement} body
 * @param {DeadLetterRow} letter
 * @param {string} url
 * @param {(id: string) => void} onGone
 */
function fillLetter(body, { id, contentType, bytes, key, traceId }, url, onGone) {
  const payload = element('pre', { tabindex: '0' }, 'Reading…');
  const said = element('span', { class: 'said', role: 'status' });

  /**
   * @param {string} path
   * @param {string} method
   */
  async function change(path, method) {
    const buttons = [...body.querySelectorAll('button')];
    for (const button of buttons) button.disabled = true;
    try {
      await ask(path, { method });
      onGone(id);
    } catch (error) {
      said.textContent = error instanceof ApiError ? error.message : String(error);
      for (const button of buttons) button.disabled = false;
    }
  }

  body.append(
    element(
      'p',
      { class: 'letter-facts' },
      [`key ${key}`, contentType, bytesText(bytes), traceId && `trace ${traceId}`]
        .filter(Boolean)
        .join(' · '),
    ),
    payload,
    element(
      'p',
      { class: 'actions' },
      element('button', { type: 'button', click: () => void change(`${url}/replay`, 'POST') }, 'Replay'),
      confirmed('Discard', 'Discard for good?', () => void change(url, 'DELETE')),
      said,
    ),
  );
  ask(url).then(
    (full) => {
      payload.textContent =
        full.payload.text === null ? `base64: ${full.payload.base64}` : pretty(full.payload.text);
    },
    (error) => {
      payload.textContent = error.message;
    },
  );
}

/**
 * A button that does it at the second click.
 * @param {string} label
 * @param {string} question
 * @param {() => void} action
 */
function confirmed(label, question, action) {
  let asked = false;
  const button = element(
    'button',
    {
      type: 'button',
      class: 'risky',
      click: () => {
        if (asked) return action();
        asked = true;
        button.textContent = question;
        setTimeout(() => {
          asked = false;
          button.textContent = label;
        }, CONFIRM_MS);
      },
    },
    label,
  );
  return button;
}

/**
 * JSON with line breaks, as long as that changes no digit of it; other text as it is.
 * @param {string} text
 */
function pretty(text) {
  try {
    const wide = JSON.stringify(JSON.parse(text), null, 2);
    return wide.replace(/\s/g, '') === text.replace(/\s/g, '') ? wide : text;
  } catch {
    return text;
  }
}
