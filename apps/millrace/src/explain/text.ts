import type { StageNode, Topology } from '@millrace/pipeline/topology';

/** For a terminal: a block per stage, in the order of the flow. */
export function topologyText({ pipeline, lanes, stages, topics }: Topology): string {
  const head = `${pipeline}: ${stages.length} stages, ${lanes} lane${lanes === 1 ? '' : 's'}`;
  const listed = topics.map(({ name, records }) =>
    records.length > 0 ? `  ${name}: ${records.join(', ')}` : `  ${name}`,
  );
  return `${[head, ...stages.map(stageText), ['topics', ...listed].join('\n')].join('\n\n')}\n`;
}

const LABEL = 'writes '.length;

function stageText({ name, reads, does, keeps, writes }: StageNode): string {
  const block = (label: string, lines: readonly string[]): string[] =>
    lines.map((line, i) => `  ${(i === 0 ? label : '').padEnd(LABEL)}${line}`);
  return [
    name,
    ...block('reads', reads),
    ...block('does', does),
    ...block('keeps', keeps),
    ...block('writes', writes),
  ].join('\n');
}
