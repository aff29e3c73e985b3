import { byId, setText } from './elements.js';
import { bytesText, countText, durationText, latencyText } from './format.js';

/** How long a message stays. */
const SAID_MS = 10_000;

/** The head of the page and the strip below it, which says what is wrong. */
export function createHeadView() {
  const strip = byId('strip');
  const pill = byId('state');
  /** @type {number | null} */
  let lostAt = null;
  /** @type {string | null} */
  let said = null;
  /** @type {string | null} */
  let alarm = null;

  function show() {
    const away = lostAt === null ? '' : durationText(Math.max(1_000, performance.now() - lostAt));
    const lost =
      lostAt === null ? null : `Connection lost ${away} ago. What you see is from then. Trying again…`;
    const text = lost ?? alarm ?? said;
    strip.hidden = text === null;
    setText(strip, text ?? '');
    document.body.classList.toggle('stale', lostAt !== null);
  }

  setInterval(() => {
    if (lostAt !== null) show();
  }, 1_000);

  return {
    connected() {
      lostAt = null;
      said = null;
      show();
    },
    lost() {
      lostAt ??= performance.now();
      setText(pill, 'disconnected');
      pill.className = 'pill bad';
      show();
    },
    /** @param {string} message */
    say(message) {
      said = message;
      show();
      setTimeout(() => {
        if (said === message) said = null;
        show();
      }, SAID_MS);
    },
    /** @param {import('@millrace/lanes/status').MemoryStatus} memory */
    setMemory({ rssBytes }) {
      setText(byId('memory'), bytesText(rssBytes));
    },
    /** @param {import('@millrace/lanes/status').PipelineStatus} status */
    paint({ state, uptimeMs, latency, openWindows, lanes }) {
      if (lostAt === null) {
        setText(pill, state);
        pill.className = `pill ${state === 'running' ? 'good' : state === 'stopped' ? 'bad' : 'warn'}`;
      }
      setText(byId('uptime'), durationText(uptimeMs));
      setText(
        byId('latency'),
        latency ? `${latencyText(latency.p50Ms)} p50, ${latencyText(latency.p99Ms)} p99` : '–',
      );
      setText(byId('open-windows'), countText(openWindows));
      const stopped = lanes.flatMap(({ lane, stopped: why }) =>
        why ? [`Lane ${lane} stopped: ${why.code}. ${why.message}`] : [],
      );
      alarm = stopped.length > 0 ? stopped.join(' ') : null;
      show();
    },
  };
}
