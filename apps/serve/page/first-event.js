import { element } from './elements.js';

/**
 * What to do while there are no events: a line for the shell that sends one.
 * @param {{ event: object, send: { path: string, authorization: boolean } | null } | null} example
 * @param {string} origin
 */
export function firstEvent(example, origin) {
  const box = element('div', { class: 'first-event' });
  if (!example?.send) {
    box.append(
      element('h3', {}, 'No events yet'),
      element(
        'p',
        {},
        'Results show up here as soon as a source has read its first event. The sources below say how far they are.',
      ),
    );
    return box;
  }
  const command = curlLine(example.event, origin + example.send.path, example.send.authorization);
  const said = element('span', { class: 'said', role: 'status' });
  const copy = async () => {
    await navigator.clipboard.writeText(command);
    said.textContent = 'Copied.';
  };
  box.append(
    element('h3', {}, 'No events yet'),
    element('p', {}, 'Send the first one from a shell:'),
    element('pre', { tabindex: '0' }, command),
    element(
      'p',
      { class: 'actions' },
      element('button', { type: 'button', click: () => void copy() }, 'Copy'),
      said,
    ),
  );
  return box;
}

/**
 * @param {object} event
 * @param {string} url
 * @param {boolean} authorization
 */
export function curlLine(event, url, authorization) {
  // In single quotes a shell changes nothing; a quote itself ends them, stands escaped, and begins them again.
  const body = JSON.stringify(event).replaceAll("'", `'\\''`);
  const token = authorization ? ` \\\n  -H "authorization: Bearer $TOKEN"` : '';
  return `curl ${url} \\\n  -H 'content-type: application/json'${token} \\\n  -d '${body}'`;
}
