import type { Detector, DetectorKind } from '../detector-kind.ts';
import { detectors } from '../detectors.ts';
import type { Path } from '../document.ts';
import type { Type } from '../expression/type.ts';
import { meantOrKnown } from '../faults.ts';
import type { DetectorPlan, WindowPlan } from '../plan.ts';
import { type Grouping, isLocal, windowType } from './aggregate.ts';
import { type Building, report, type Section, type Variables } from './building.ts';
import { sameOperand } from './event.ts';
import { asBool, asNumberOrNull, asTextOrNull, type Operand } from './operand.ts';
import { CONDITION, GROUP, wantedAt } from './wanted.ts';

/** `windows.NAME` to the window, with its fault where there is none. */
export function windowNamed(
  building: Building,
  path: Path,
  text: string,
  windows: readonly WindowPlan[],
  others: readonly string[] = ['events'],
): WindowPlan | null {
  const name = text.startsWith('windows.') ? text.slice('windows.'.length) : text;
  const found = text.startsWith('windows.') ? windows.find((window) => window.name === name) : undefined;
  if (found) return found;
  // What is wrong with the window itself has been said.
  if (text.startsWith('windows.') && building.windowNames.includes(name)) return null;
  const names = building.windowNames.map((each) => `windows.${each}`);
  report(
    building,
    path,
    'unknown_window',
    `there is no window ${text}`,
    meantOrKnown(text, [...others, ...names]),
  );
  return null;
}

export function compileDetectors(
  building: Building,
  sections: readonly Section[],
  events: Variables,
  windows: readonly WindowPlan[],
  grouping: Grouping,
): readonly DetectorPlan[] {
  return sections.flatMap((section, i): DetectorPlan[] => {
    const path = ['detect', i];
    const on = section.on === undefined || section.on === 'events' ? null : String(section.on);
    const window = on === null ? null : windowNamed(building, [...path, 'on'], on, windows);
    if (on !== null && !window) return [];
    const variables = window ? new Map<string, Type>([['window', windowType(window)]]) : events;
    const when = wantedAt(building, [...path, 'when'], section.when, variables, CONDITION('when'));
    const value = wantedAt(building, [...path, 'value'], section.value, variables, {
      what: 'the value that a method judges',
      kinds: ['double'],
      nullable: true,
    });
    const by = window ? null : wantedAt(building, [...path, 'by'], section.by, variables, GROUP('a group'));
    checkShape(building, path, section, window, by, grouping);
    const method = section.method
      ? compileMethod(building, [...path, 'method'], section.method as Section)
      : null;
    return [
      {
        name: String(section.name),
        window: window?.name ?? null,
        by: by && asTextOrNull(by),
        when: when && asBool(when),
        value: value && asNumberOrNull(value),
        method,
        oncePer: section.once_per === 'window' ? 'window' : null,
        severity: String(section.severity),
        message: section.message === undefined ? null : String(section.message),
      },
    ];
  });
}

function checkShape(
  building: Building,
  path: Path,
  section: Section,
  window: WindowPlan | null,
  by: Operand | null,
  grouping: Grouping,
): void {
  if (section.when === undefined && section.method === undefined) {
    report(
      building,
      path,
      'missing_key',
      `${section.name} never alerts`,
      'give it when, or value and method',
    );
  }
  if (section.method !== undefined && section.value === undefined) {
    report(building, path, 'missing_key', `${section.name} has a method but no value`, 'add value: event.…');
  }
  if (window && section.by !== undefined) {
    report(
      building,
      [...path, 'by'],
      'unused_key',
      "a detector on a window has the window's groups",
      'leave by out',
    );
  }
  if (!window && section.once_per !== undefined) {
    report(
      building,
      [...path, 'once_per'],
      'unused_key',
      'once_per: window is for detectors on a window',
      'add on: windows.NAME',
    );
  }
  if (by && !isLocal(by, grouping)) {
    const cleaned = grouping.key !== null && sameOperand(by, grouping.key);
    const why = cleaned
      ? 'clean changes it after the key was taken'
      : 'no lane sees all events of such a group';
    const hint = 'group by the key, or add a window by this group and watch it with on: windows.NAME';
    report(building, [...path, 'by'], 'not_the_key', `${by.text} is not the event key: ${why}`, hint);
  }
}

function compileMethod(building: Building, path: Path, section: Section): Detector | null {
  const [name, settings] = Object.entries(section)[0]!;
  const kind = detectors.find((each) => each.name === name);
  if (!kind) return null;
  try {
    return configured(kind, settings as Section);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    report(building, [...path, name], 'bad_value', error.message);
    return null;
  }
}

function configured(kind: DetectorKind, settings: Section): Detector {
  const config = kind.configure(settings);
  return {
    kind: kind.name,
    forgetAfterMs: kind.forgetAfterMs(config),
    create: () => kind.create(config),
    judge: (state, value, timeMs) => kind.judge(config, state, value, timeMs),
  };
}
