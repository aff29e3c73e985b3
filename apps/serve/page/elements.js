/**
 * Builds an element. Text is only ever set as text: nothing from the server is read as HTML.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, string | number | boolean | null | ((event: Event) => void)>} [attributes] functions listen
 * to the event of their name; null and false leave the attribute out
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') made.addEventListener(name, value);
    else if (value === true) made.setAttribute(name, '');
    else if (value !== null && value !== false) made.setAttribute(name, String(value));
  }
  made.append(...children);
  return made;
}

/**
 * The element of the page with this id.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`index.html has no element #${id}`);
  return found;
}

/**
 * Leaves the document alone where the text is already there, so that a selection in it survives.
 * @param {Element} target
 * @param {string} text
 */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/**
 * @param {Element} target
 * @param {string} name
 * @param {string | null} value null: without it
 */
export function setAttribute(target, name, value) {
  if (value === null) target.removeAttribute(name);
  else if (target.getAttribute(name) !== value) target.setAttribute(name, value);
}

/**
 * Shows `items` as children of `parent`, in order. An item keeps its element, and with it focus and what is open,
 * for as long as its key is there.
 * @template I
 * @template {Element} E
 * @param {Element} parent
 * @param {readonly I[]} items
 * @param {{ key: (item: I) => string, create: (item: I) => E, update?: (element: E, item: I) => void }} how
 */
export function showList(parent, items, { key, create, update }) {
  const there = new Map([...parent.children].map((child) => [child.getAttribute('data-key'), child]));
  /** @type {Element | null} */
  let previous = null;
  for (const item of items) {
    const name = key(item);
    let child = /** @type {E | undefined} */ (there.get(name));
    there.delete(name);
    if (!child) {
      child = create(item);
      child.setAttribute('data-key', name);
    }
    update?.(child, item);
    /** @type {Element | null} */
    const place = previous ? previous.nextElementSibling : parent.firstElementChild;
    if (place !== child) parent.insertBefore(child, place);
    previous = child;
  }
  for (const gone of there.values()) gone.remove();
}
