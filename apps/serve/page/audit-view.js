import { byId, element, setText } from './elements.js';
import { countText } from './format.js';

/**
 * The terms in the order in which an outcome is decided.
 * @type {readonly { name: 'dropped' | 'duplicate' | 'rejected' | 'late' | 'processed' | 'inFlight', label: string, why: string }[]}
 */
const TERMS = [
  { name: 'dropped', label: 'dropped', why: 'Left out by a drop rule of the pipeline' },
  { name: 'duplicate', label: 'duplicate', why: 'Had been accepted before' },
  { name: 'rejected', label: 'rejected', why: 'Refused, with a reason: see the dead letters' },
  { name: 'late', label: 'late', why: 'Came after all of its windows had closed: see the dead letters' },
  { name: 'processed', label: 'processed', why: 'Went through every stage' },
  { name: 'inFlight', label: 'in flight', why: 'Accepted and durable, on its way' },
];

/** The audit as the equation that it is: the numbers always are of one moment. */
export function createAuditView() {
  const box = byId('audit');
  const total = term('events', 'events', 'Accepted by ingest');
  const terms = new Map(TERMS.map(({ name, label, why }) => [name, term(name, label, why)]));
  const verdict = element('span', { class: 'verdict' });
  const bar = element('div', { class: 'audit-bar', 'aria-hidden': 'true' });
  const parts = new Map(TERMS.map(({ name }) => [name, element('i', { class: name })]));
  bar.append(...parts.values());
  const equation = element('div', { class: 'equation' }, total, operator('='));
  [...terms.values()].forEach((one, nth) => {
    if (nth > 0) equation.append(operator('+'));
    equation.append(one);
  });
  equation.append(verdict);
  const flags = element('p', { class: 'flags' });
  box.replaceChildren(equation, bar, flags);

  return {
    /** @param {import('@millrace/lanes/status').AuditStatus} audit */
    paint(audit) {
      say(total, audit.events);
      for (const [name, one] of terms) {
        say(one, audit[name]);
        one.classList.toggle('none', audit[name] === 0);
        const part = /** @type {HTMLElement} */ (parts.get(name));
        part.style.flexGrow = String(Math.max(0, audit[name]));
      }
      verdict.classList.toggle('wrong', !audit.balanced);
      const flagged = Object.entries(audit.flags).map(([flag, count]) => `${countText(count)} ${flag}`);
      setText(flags, flagged.length === 0 ? '' : `flagged: ${flagged.join(', ')}`);
      setText(verdict, audit.balanced ? '✓ adds up' : `≠ the terms make ${countText(audit.sum)}`);
    },
  };
}

/**
 * @param {string} name
 * @param {string} label
 * @param {string} why
 */
function term(name, label, why) {
  return element(
    'span',
    { class: `term ${name}`, title: why },
    element('b', {}, '0'),
    element('span', {}, label),
  );
}

/** @param {string} sign */
const operator = (sign) => element('span', { class: 'operator' }, sign);

/**
 * @param {Element} one
 * @param {number} count
 */
function say(one, count) {
  setText(/** @type {Element} */ (one.firstElementChild), countText(count));
}
