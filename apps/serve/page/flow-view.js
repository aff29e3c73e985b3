import { byId, element, setAttribute, setText, showList } from './elements.js';
import { countText, latencyText, rateText } from './format.js';

/** Seconds of rates that a stage's line shows. */
const SPARK_POINTS = 60;
const SVG = 'http://www.w3.org/2000/svg';
const SPARK = { width: 120, height: 28 };

/**
 * The stages in a row with what flows through them. A stage opens to say what it does.
 * @typedef {import('@millrace/lanes/status').StageStatus} StageStatus
 * @typedef {import('@millrace/pipeline/topology').Topology} Topology
 */
export function createFlowView() {
  const list = byId('flow');
  const detail = byId('stage-detail');
  /** @type {Map<string, number[]>} */
  const rates = new Map();
  /** @type {Topology | null} */
  let topology = null;
  /** @type {string | null} */
  let opened = null;

  /** @param {string} name */
  function toggle(name) {
    opened = opened === name ? null : name;
    for (const button of list.querySelectorAll('button')) {
      button.setAttribute('aria-expanded', String(button.dataset.stage === opened));
    }
    paintDetail();
  }

  function paintDetail() {
    const node = topology?.stages.find(({ name }) => name === opened);
    detail.hidden = opened === null;
    detail.replaceChildren(
      ...(node ? describe(node) : [element('p', {}, 'Nothing is known about this stage.')]),
    );
  }

  return {
    /** @param {readonly StageStatus[]} stages a second's */
    add(stages) {
      for (const { name, eventsPerSecond } of stages) {
        const line = rates.get(name) ?? [];
        line.push(eventsPerSecond);
        rates.set(name, line.slice(-SPARK_POINTS));
      }
    },
    /** @param {readonly StageStatus[]} stages */
    paint(stages) {
      showList(list, stages, {
        key: ({ name }) => name,
        create: ({ name }) => createStage(name, () => toggle(name)),
        update: (item, stage) => updateStage(item, stage, rates.get(stage.name) ?? []),
      });
    },
    /** @param {Topology} next */
    setTopology(next) {
      topology = next;
      if (opened !== null) paintDetail();
    },
    clear() {
      rates.clear();
      topology = null;
      opened = null;
      detail.hidden = true;
      list.replaceChildren();
    },
  };
}

/**
 * @param {string} name
 * @param {() => void} onClick
 */
function createStage(name, onClick) {
  const spark = document.createElementNS(SVG, 'svg');
  spark.setAttribute('viewBox', `0 0 ${SPARK.width} ${SPARK.height}`);
  spark.setAttribute('preserveAspectRatio', 'none');
  spark.setAttribute('aria-hidden', 'true');
  spark.append(document.createElementNS(SVG, 'path'), document.createElementNS(SVG, 'path'));
  const button = element(
    'button',
    {
      class: 'stage',
      type: 'button',
      'aria-expanded': 'false',
      'aria-controls': 'stage-detail',
      click: onClick,
    },
    element('span', { class: 'stage-name' }, name),
    element(
      'span',
      { class: 'stage-rate' },
      element('b'),
      element('small', {}, '/s'),
      element('small', { class: 'stage-total' }),
    ),
    element('span', { class: 'stage-numbers' }, figure('p50'), figure('p99'), figure('lag')),
  );
  button.dataset.stage = name;
  button.append(spark);
  return element('li', {}, button);
}

/** @param {string} name */
function figure(name) {
  return element('span', { class: `figure ${name}` }, element('small', {}, name), ' ', element('span'));
}

/**
 * @param {Element} item
 * @param {StageStatus} stage
 * @param {readonly number[]} rates
 */
function updateStage(item, { eventsPerSecond, events, latency, lag }, rates) {
  /**
   * @param {string} selector
   * @param {string} text
   */
  const say = (selector, text) => setText(/** @type {Element} */ (item.querySelector(selector)), text);
  /** @param {string} name */
  const figureOf = (name) => /** @type {Element} */ (item.querySelector(name));
  say('.stage-rate b', rateText(eventsPerSecond));
  say('.stage-total', `${countText(events)} since start`);
  say('.p50 > span', latency ? latencyText(latency.p50Ms) : '–');
  say('.p99 > span', latency ? latencyText(latency.p99Ms) : '–');
  for (const name of ['.p50', '.p99']) setAttribute(figureOf(name), 'hidden', latency ? null : '');
  say('.lag > span', countText(lag));
  item.querySelector('.stage')?.classList.toggle('lagging', lag > 0);
  item.querySelector('.stage')?.classList.toggle('quiet', eventsPerSecond === 0);
  const [area, line] = item.querySelectorAll('path');
  const points = sparkPoints(rates);
  setAttribute(/** @type {Element} */ (line), 'd', points === '' ? null : `M${points}`);
  const floor = `L${SPARK.width},${SPARK.height}L${sparkStart(rates)},${SPARK.height}Z`;
  setAttribute(/** @type {Element} */ (area), 'd', points === '' ? null : `M${points}${floor}`);
}

/** @param {readonly number[]} rates */
const sparkStart = (rates) => SPARK.width - ((rates.length - 1) / (SPARK_POINTS - 1)) * SPARK.width;

/** @param {readonly number[]} rates */
function sparkPoints(rates) {
  if (rates.length < 2) return '';
  const most = Math.max(1, ...rates);
  const start = sparkStart(rates);
  return rates
    .map((rate, at) => {
      const x = start + (at / (SPARK_POINTS - 1)) * SPARK.width;
      const y = SPARK.height - 1 - (rate / most) * (SPARK.height - 3);
      return `${x.toFixed(1)},${y.toFixed(1)}`;
    })
    .join('L');
}

/** @param {Topology['stages'][number]} node */
function describe({ name, reads, writes, does, keeps }) {
  /** @type {[string, readonly string[]][]} */
  const sections = [
    ['Reads', reads],
    ['Does', does],
    ['Keeps', keeps],
    ['Writes', writes],
  ];
  return [
    element('h3', {}, name),
    element(
      'dl',
      {},
      ...sections.map(([title, lines]) =>
        element(
          'div',
          {},
          element('dt', {}, title),
          ...(lines.length > 0 ? lines : ['nothing']).map((line) => element('dd', {}, line)),
        ),
      ),
    ),
  ];
}
