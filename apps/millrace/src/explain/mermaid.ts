import type { Topology } from '@millrace/pipeline/topology';

/** A Mermaid flowchart: stages as boxes, topics as cylinders, what is outside as rounded boxes. */
export function topologyMermaid({ stages, topics }: Topology): string {
  const known = new Set(topics.map(({ name }) => name));
  const outside = [...new Set(stages.flatMap(({ reads, writes }) => [...reads, ...writes]))].filter(
    (name) => !known.has(name),
  );
  const ids = new Map([...known, ...outside].map((name, i) => [name, `t${i}`]));
  const label = (text: string): string => `"${text.replaceAll('"', '#quot;')}"`;
  const lines = [
    ...stages.map(({ name }) => `${name}[${label(name)}]`),
    ...[...known].map((name) => `${ids.get(name)}[(${label(name)})]`),
    ...outside.map((name) => `${ids.get(name)}(${label(name)})`),
    ...stages.flatMap(({ name, reads, writes }) => [
      ...reads.map((topic) => `${ids.get(topic)} --> ${name}`),
      ...writes.map((topic) => `${name} --> ${ids.get(topic)}`),
    ]),
  ];
  return `flowchart LR\n${lines.map((line) => `  ${line}\n`).join('')}`;
}
