/** The server sends its status each second; after this much silence the connection is dead, whatever it says. */
const SILENCE_MS = 6_000;
const RETRY_MS = 1_500;
const EVENTS = /** @type {const} */ (['status', 'windows', 'alerts', 'deadletters', 'removed', 'missed']);

/**
 * A stream of server-sent events that comes back by itself.
 * @param {string} url
 * @param {{ onOpen: () => void, onLost: () => void, onEvent: (name: string, data: any) => void }} listener
 * `onOpen` each time that it is (again) there: what went by in between has to be read
 * @returns {() => void} ends it
 */
export function connect(url, { onOpen, onLost, onEvent }) {
  /** @type {EventSource | null} */
  let source = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let ended = false;

  /**
   * @param {() => void} then
   * @param {number} ms
   */
  function after(then, ms) {
    clearTimeout(timer);
    timer = setTimeout(then, ms);
  }

  function lost() {
    source?.close();
    if (ended) return;
    onLost();
    after(open, RETRY_MS);
  }

  function open() {
    // Not left to EventSource: it gives up for good after an answer like 503.
    source = new EventSource(url);
    source.onopen = () => {
      after(lost, SILENCE_MS);
      onOpen();
    };
    source.onerror = lost;
    for (const name of EVENTS) {
      source.addEventListener(name, (event) => {
        after(lost, SILENCE_MS);
        onEvent(name, JSON.parse(event.data));
      });
    }
    after(lost, SILENCE_MS);
  }

  open();
  return () => {
    ended = true;
    clearTimeout(timer);
    source?.close();
  };
}
