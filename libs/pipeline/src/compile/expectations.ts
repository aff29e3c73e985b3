import { isData, type Path } from '../document.ts';
import { meantOrKnown } from '../faults.ts';
import { type Building, report, type Section } from './building.ts';
import type { EventShape } from './event.ts';

/** What can come of the pipeline, by the names that a case may expect. */
export interface Outcomes {
  readonly detectors: readonly string[];
  /** The values that each window computes. */
  readonly windows: ReadonlyMap<string, readonly string[]>;
  /** The routes that hand on events. */
  readonly routes: readonly string[];
  readonly fields: readonly string[];
}

/** The keys of what comes out, as cases see it. */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  alerts: ['id', 'name', 'group', 'severity', 'message', 'time', 'value', 'score', 'eventId', 'window'],
  windows: ['name', 'group', 'start', 'end', 'revision', 'final', 'values'],
  deadletters: [
    ...['id', 'eventId', 'key', 'stage', 'attempt', 'code', 'message'],
    ...['time', 'source', 'contentType', 'payload'],
  ],
  events: ['route', 'id', 'key', 'time', 'event'],
};

export function outcomesOf(data: Section, shape: EventShape): Outcomes {
  const list = (name: string): readonly Section[] => data[name] as readonly Section[];
  const namesOf = (sections: readonly Section[]): readonly string[] =>
    sections.map(({ name }) => String(name));
  return {
    detectors: namesOf(list('detect')),
    windows: new Map(
      list('aggregate').map(({ name, compute }) => [String(name), Object.keys(compute as Section)]),
    ),
    routes: namesOf(list('route').filter(({ from }) => from === 'events')),
    fields: [...shape.fields.keys(), 'flags', ...namesOf(list('enrich'))],
  };
}

/** An expectation of what can never come would fail, or worse: hold for nothing. */
export function checkExpectations(building: Building, path: Path, expect: Section, outcomes: Outcomes): void {
  for (const [what, items] of Object.entries(expect)) {
    (items as readonly Section[]).forEach((item, i) => {
      const at = [...path, what, i];
      checkKeys(building, at, item, KEYS[what]!, `${what} have no key`);
      if (what === 'alerts') checkName(building, at, item, 'name', outcomes.detectors, 'detector');
      if (what === 'events') {
        checkName(building, at, item, 'route', outcomes.routes, 'route of events');
        checkKeys(building, [...at, 'event'], item.event, outcomes.fields, 'the event has no field');
      }
      if (what === 'windows') checkWindow(building, at, item, outcomes.windows);
    });
  }
}

function checkWindow(building: Building, at: Path, item: Section, windows: Outcomes['windows']): void {
  checkName(building, at, item, 'name', [...windows.keys()], 'window');
  const values = windows.get(String(item.name)) ?? [...windows.values()].flat();
  checkKeys(building, [...at, 'values'], item.values, values, 'the window computes no');
}

function checkName(
  building: Building,
  path: Path,
  item: Section,
  key: string,
  known: readonly string[],
  what: string,
): void {
  const name = item[key];
  if (name === undefined || known.includes(String(name))) return;
  report(
    building,
    [...path, key],
    'unknown_name',
    `there is no ${what} ${name}`,
    meantOrKnown(String(name), known),
  );
}

function checkKeys(
  building: Building,
  path: Path,
  holder: unknown,
  known: readonly string[],
  message: string,
): void {
  if (!isData(holder)) return;
  for (const key of Object.keys(holder)) {
    if (known.includes(key)) continue;
    report(building, [...path, key], 'unknown_key', `${message} ${key}`, meantOrKnown(key, known));
  }
}
