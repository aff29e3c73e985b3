import type { Plant } from '../plant.ts';

/** ARCHITECTURE.md, "Where an event comes from". */
export const ingestRules: readonly Plant[] = [
  {
    name: 'answered_before_durable',
    rule: 'ingest answers once an event is durable',
    file: 'apps/ingest/src/sources/http.ts',
    find: 'await deadlines.within(appender.append(flows));',
    replace: 'void appender.append(flows);',
  },
  {
    name: 'answered_by_the_first_lane',
    rule: 'ingest answers once all lanes have acknowledged',
    file: 'apps/ingest/src/appender.ts',
    find: 'contribution.lanesLeft -= 1;',
    replace: 'contribution.lanesLeft = 0;',
  },
  {
    name: 'file_position_before_acknowledgement',
    rule: 'a source saves its position after the acknowledgement in all lanes',
    file: 'apps/ingest/src/file-run.ts',
    find: 'slices.add(acknowledged, () => {',
    replace: 'if (progress !== null) file.acknowledged = progress;\n    slices.add(acknowledged, () => {',
  },
  {
    name: 'ended_before_the_last_events',
    rule: '`ended` is said behind all events of the part',
    file: 'apps/ingest/src/ticker.ts',
    find: 'parts.map((part) => tickFlow(part, false, now))',
    replace: 'parts.map((part) => tickFlow(part, true, now))',
  },
];
