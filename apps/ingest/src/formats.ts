import { csv } from './formats/csv.ts';
import type { Format } from './formats/format.ts';
import { json } from './formats/json.ts';
import { ndjson } from './formats/ndjson.ts';

/** Every format in which events may arrive. */
export const formats: readonly Format[] = [json, ndjson, csv];

export const mediaTypes: readonly string[] = formats.flatMap((format) => format.mediaTypes.slice(0, 1));

/** Null: none of ours. */
export function formatOfMediaType(contentType: string): Format | null {
  const [mediaType] = contentType.split(';', 1);
  const wanted = mediaType!.trim().toLowerCase();
  return formats.find((format) => format.mediaTypes.includes(wanted)) ?? null;
}

/** Null: the file's name does not say. */
export function formatOfFile(path: string): Format | null {
  const lower = path.toLowerCase();
  return formats.find((format) => format.endings.some((ending) => lower.endsWith(ending))) ?? null;
}

export function formatNamed(name: string): Format {
  const format = formats.find((candidate) => candidate.name === name);
  if (format === undefined)
    throw new Error(`format "${name}" passed the settings' schema but is not in the list`);
  return format;
}
