import type { Catalogue, Kind } from './catalogue.ts';
import { type Data, isData } from './document.ts';

/** Scalars become the settings that they stand for, and a kind without settings gets an empty mapping. */
export function expandShorthands(data: Data, catalogue: Catalogue): void {
  const expand = (holder: unknown, kinds: Readonly<Record<string, Kind>> | undefined): void => {
    if (!isData(holder) || !kinds) return;
    for (const kind of Object.values(kinds)) {
      if (!Object.hasOwn(holder, kind.name)) continue;
      const value = holder[kind.name];
      if (value === null) holder[kind.name] = {};
      else if (kind.shorthand !== undefined && !isData(value))
        holder[kind.name] = { [kind.shorthand]: value };
    }
  };
  for (const source of Object.values(isData(data.sources) ? data.sources : {}))
    expand(source, catalogue.sources);
  for (const table of Object.values(isData(data.tables) ? data.tables : {})) expand(table, catalogue.tables);
  for (const route of Array.isArray(data.route) ? data.route : []) {
    const sinks = isData(route) && Array.isArray(route.to) ? route.to : [];
    for (const sink of sinks) expand(sink, catalogue.sinks);
  }
  // `validate:` with nothing after it is an empty section.
  for (const name of Object.keys(data)) if (data[name] === null) delete data[name];
}
