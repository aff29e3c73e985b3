import type { Catalogue, Kind } from './catalogue.ts';
import { type Data, isData } from './document.ts';

/** Scalars become the settings that they stand for; a kind without settings, or a bare name, an empty mapping. */
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
  const sources = isData(data.sources) ? data.sources : {};
  for (const [name, source] of Object.entries(sources)) sources[name] = whole(source);
  for (const source of Object.values(sources)) expand(source, catalogue.sources);
  for (const table of Object.values(isData(data.tables) ? data.tables : {})) expand(table, catalogue.tables);
  for (const route of Array.isArray(data.route) ? data.route : []) {
    if (!isData(route) || !Array.isArray(route.to)) continue;
    route.to = route.to.map(whole);
    for (const sink of route.to as unknown[]) expand(sink, catalogue.sinks);
  }
  // `validate:` with nothing after it is an empty section.
  for (const name of Object.keys(data)) if (data[name] === null) delete data[name];
}

/** `console` is `{ console: {} }`. A name that is no kind, or one that wants settings, is found where kinds are checked. */
const whole = (value: unknown): unknown => (typeof value === 'string' ? { [value]: {} } : value);
