import type { Path } from '../document.ts';
import { DOUBLE, nullable, recordOf, STRING, type Type } from '../expression/type.ts';
import type { RoutePlan, SinkPlan, WindowPlan } from '../plan.ts';
import { windowType } from './aggregate.ts';
import type { Building, Section, Variables } from './building.ts';
import { windowNamed } from './detect.ts';
import { asBool } from './operand.ts';
import { compileKind } from './sources.ts';
import { CONDITION, wantedAt } from './wanted.ts';

const WINDOW_REF = recordOf(
  new Map([
    ['name', STRING],
    ['start', DOUBLE],
    ['end', DOUBLE],
    ['revision', DOUBLE],
  ]),
);

/** The type of `alert` in expressions. */
const ALERT: Type = recordOf(
  new Map([
    ['id', STRING],
    ['name', STRING],
    ['group', STRING],
    ['severity', { ...STRING, symbols: ['low', 'medium', 'high', 'critical'] }],
    ['message', STRING],
    ['time', DOUBLE],
    ['value', nullable(DOUBLE)],
    ['score', nullable(DOUBLE)],
    ['window', nullable(WINDOW_REF)],
  ]),
);

export function compileRoutes(
  building: Building,
  sections: readonly Section[],
  events: Variables,
  windows: readonly WindowPlan[],
): readonly RoutePlan[] {
  return sections.flatMap((section, i): RoutePlan[] => {
    const path = ['route', i];
    const name = String(section.name);
    const from = String(section.from);
    const to = compileSinks(building, [...path, 'to'], name, from, section.to as readonly Section[]);
    if (from === 'events' || from === 'alerts') {
      const variables = from === 'events' ? events : new Map([['alert', ALERT]]);
      return [{ name, from: { topic: from }, when: whenOf(building, path, section, variables), to }];
    }
    const window = windowNamed(building, [...path, 'from'], from, windows, ['events', 'alerts']);
    if (!window) return [];
    const variables = new Map([['window', windowType(window)]]);
    return [
      {
        name,
        from: { topic: 'windows', window: window.name },
        when: whenOf(building, path, section, variables),
        to,
      },
    ];
  });
}

function whenOf(building: Building, path: Path, section: Section, variables: Variables): RoutePlan['when'] {
  const when = wantedAt(building, [...path, 'when'], section.when, variables, CONDITION('when'));
  return when && asBool(when);
}

/** `ROUTE.KIND` for a route's first sink of a kind, `ROUTE.KIND.2` for its second: appending one renames none. */
function compileSinks(
  building: Building,
  path: Path,
  route: string,
  from: string,
  sections: readonly Section[],
): readonly SinkPlan[] {
  const counts = new Map<string, number>();
  return sections.map((section, i) => {
    const { kind, config } = compileKind(building, [...path, i], section, [], building.catalogue.sinks, from);
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    return { name: count === 1 ? `${route}.${kind}` : `${route}.${kind}.${count}`, kind, config };
  });
}
