import type { Path } from '../document.ts';
import { type Building, report, type Section } from './building.ts';

/** Names that mean one thing each: two rules, windows, detectors, routes or cases of a name can't be told apart. */
export function checkNames(building: Building, data: Section): void {
  const lists: readonly (readonly [Path, unknown])[] = [
    [['validate', 'rules'], (data.validate as Section).rules],
    [['enrich'], data.enrich],
    [['aggregate'], data.aggregate],
    [['detect'], data.detect],
    [['route'], data.route],
    [['cases'], data.cases],
  ];
  for (const [path, list] of lists) {
    const seen = new Set<string>();
    (list as readonly Section[]).forEach((section, i) => {
      const name = String(section.name);
      if (seen.has(name))
        report(
          building,
          [...path, i, 'name'],
          'duplicate_name',
          `there are two of the name ${name}`,
          'rename one',
        );
      seen.add(name);
    });
  }
}
