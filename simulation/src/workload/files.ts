import type { FileScript } from './script.ts';

/** The folder of the pipeline's document. */
export const FOLDER = '/simulated';

export function pathOf({ source, path }: FileScript): string {
  return `${source}/${path}.ndjson`;
}

/** The script's files as they stand on the disk. */
export function contentsOf(files: readonly FileScript[]): ReadonlyMap<string, Uint8Array> {
  const newline = Buffer.from('\n');
  return new Map(
    files.map((file) => [
      `${FOLDER}/${pathOf(file)}`,
      new Uint8Array(Buffer.concat(file.rows.flatMap((row) => [row, newline]))),
    ]),
  );
}
