/** What a dead letter's code says, and what the person who finds it can do. */
export interface CodeEntry {
  /** The stages that give it. */
  readonly stages: readonly string[];
  readonly meaning: string;
  readonly remedy: string;
}

/**
 * Every code of a dead letter. `rule:NAME` and `NAME_missing` carry a name from the document. `docs/errors.md` is
 * generated from this table (`errorsPage`).
 */
export const DEAD_LETTER_CODES = {
  malformed_json: {
    stages: ['ingest', 'validate'],
    meaning: 'The payload is not JSON. The message names the place where it stops being so.',
    remedy: 'Mend the sender. If a file is CSV or NDJSON, say so in the source’s `format`.',
  },
  malformed_csv: {
    stages: ['ingest', 'validate'],
    meaning:
      'The row can’t be read below its header: a quote is not closed, it has more or fewer cells than the header, or the header itself is wrong.',
    remedy: 'Mend the row; check the source’s `delimiter`.',
  },
  malformed_avro: {
    stages: ['ingest'],
    meaning:
      'The record of a Kafka source is not Avro in Confluent’s wire format: it does not begin with a schema’s id, the registry knows no such schema, or the bytes are not of it.',
    remedy: 'Check the source’s `format` and `registry`, and who else writes to the topic.',
  },
  invalid_utf8: {
    stages: ['ingest', 'validate'],
    meaning: 'The payload’s bytes are not UTF-8, the only text encoding that is read.',
    remedy: 'Convert the source to UTF-8 (`iconv -f latin1 -t utf-8`).',
  },
  unknown_content_type: {
    stages: ['ingest', 'validate'],
    meaning: 'No decoder reads payloads of this content type.',
    remedy: 'Send `application/json`, `application/x-ndjson` or `text/csv`.',
  },
  missing_field: {
    stages: ['ingest', 'validate'],
    meaning: 'The schema wants a field that the event does not have, or that is null.',
    remedy: 'Mend the sender, or give the field a default in the schema.',
  },
  unknown_field: {
    stages: ['ingest', 'validate'],
    meaning: 'The event has a field that the schema does not know.',
    remedy: 'Add the field to the schema with a default, or set `validate.unknown_fields: ignore`.',
  },
  wrong_type: {
    stages: ['ingest', 'validate'],
    meaning:
      'A value is of another type than the schema says, or a text is not what its type is written as: a time (RFC 3339), a date, bytes (base64). The message names the path, what was found and what is wanted.',
    remedy:
      'Mend the sender, or convert the value in the source’s `map` (`parse_time(row.date, "yyyy-MM-dd", "UTC")`).',
  },
  too_large: {
    stages: ['ingest'],
    meaning: 'One record is larger than the source takes.',
    remedy: 'Check the file: often a quote that is never closed. Otherwise raise the source’s limit.',
  },
  bad_id: {
    stages: ['ingest'],
    meaning: 'The value of `event.id` can’t be an id: it is empty, too long, or holds a NUL character.',
    remedy: 'Mend the sender or the expression.',
  },
  bad_key: {
    stages: ['ingest'],
    meaning: 'The value of `event.key` is too long for a key, or holds a NUL character.',
    remedy: 'Mend the expression; a key names what events belong together, such as a card or a device.',
  },
  bad_time: {
    stages: ['ingest', 'validate'],
    meaning: 'The value of `event.time` is no time in milliseconds since 1970.',
    remedy: 'Mend the expression; text is read with `parse_time` in the source’s `map`.',
  },
  out_of_range: {
    stages: ['ingest', 'validate'],
    meaning:
      'A value does not fit its type: an integer too large, a time beyond the year 9999, bytes of another length, a text that is none of the enum’s symbols, records that contain themselves nested too deep.',
    remedy:
      'Mend the sender, or widen the type in the schema (int → long; another symbol, with a default for the enum).',
  },
  far_future: {
    stages: ['validate'],
    meaning: 'The event time lies more than `time.max_ahead` after the moment at which the event arrived.',
    remedy:
      'Check the sender’s clock and the unit of the time field (seconds, milliseconds); or raise `time.max_ahead`.',
  },
  clean_failed: {
    stages: ['validate'],
    meaning: 'The values that `validate.clean` computed do not fit the schema.',
    remedy: 'Mend the clean expression, then replay.',
  },
  expression_error: {
    stages: ['ingest', 'validate', 'enrich', 'aggregate', 'sink:NAME'],
    meaning:
      'An expression or function of the document has no value for this event: a null where a value is needed, a division by zero, text that can’t be parsed, a function that threw. The message names it.',
    remedy: 'Mend the expression (`event.x != null && …`), then replay.',
  },
  'rule:NAME': {
    stages: ['validate'],
    meaning: 'The rule NAME with `otherwise: reject` does not hold.',
    remedy: 'Nothing, if the event is bad. If the rule is wrong, mend it and replay.',
  },
  NAME_missing: {
    stages: ['enrich'],
    meaning: 'The enrichment NAME with `missing: reject` found no row: the key is null or not in the table.',
    remedy: 'Add the row to the table and replay; or choose `missing: flag`.',
  },
  id_conflict: {
    stages: ['aggregate', 'ingest', 'validate', 'enrich'],
    meaning: 'An event with the same id, but other content, was accepted within `time.dedupe`.',
    remedy: 'Check whether `event.id` is unique at the sender. A replay accepts this one as well.',
  },
  late: {
    stages: ['aggregate'],
    meaning:
      'Every window that the event belongs to had closed and passed its lateness. It still reached detectors and routes.',
    remedy:
      'Replay it to correct the windows while they are kept (`time.keep`); or raise `lateness` or `time.out_of_order`.',
  },
  late_merge: {
    stages: ['merge'],
    meaning:
      'A lane’s counts for a window came after the merge had forgotten the window. It can’t be replayed.',
    remedy: 'Raise `time.keep` if lanes may lag that far behind one another.',
  },
  unreadable: {
    stages: ['validate', 'enrich', 'aggregate', 'route'],
    meaning: 'A record between the stages has lane fields, but the rest of it can’t be read by its schema.',
    remedy: 'See who else writes to the topic. The original event is in `raw` under the same id.',
  },
  foreign_record: {
    stages: ['validate', 'enrich', 'aggregate', 'merge', 'route'],
    meaning:
      'A record on one of the pipeline’s topics that the pipeline did not write. It is known by where it was found.',
    remedy: 'Stop whoever writes there; send events in through a source.',
  },
  bad_replay: {
    stages: ['enrich', 'aggregate', 'sink:NAME'],
    meaning: 'What was replayed is not what the stage once refused: its payload can’t be read.',
    remedy: 'Replay the dead letter as it was stored; send changed events in through a source instead.',
  },
  unknown_sink: {
    stages: ['sink:NAME'],
    meaning: 'A replay is for a sink that the document no longer has.',
    remedy: 'Discard it, or give a route a sink of that name again and replay.',
  },
  refused: {
    stages: ['sink:NAME'],
    meaning: 'The system behind the sink refused the value for good. The message says what it answered.',
    remedy: 'Mend what it complains about, then replay: the value goes to this sink only.',
  },
} as const satisfies Record<string, CodeEntry>;

type Pattern = 'rule:NAME' | 'NAME_missing';
export type DeadLetterCode =
  | Exclude<keyof typeof DEAD_LETTER_CODES, Pattern>
  | `rule:${string}`
  | `${string}_missing`;

/** The entry of a code as it stands in a dead letter; null: it is not one of ours. */
export function codeEntry(code: string): CodeEntry | null {
  const entries: Readonly<Record<string, CodeEntry>> = DEAD_LETTER_CODES;
  if (Object.hasOwn(entries, code)) return entries[code]!;
  if (code.startsWith('rule:')) return entries['rule:NAME']!;
  return code.endsWith('_missing') ? entries.NAME_missing! : null;
}

/** The text of docs/errors.md. */
export function errorsPage(): string {
  const sections = Object.entries(DEAD_LETTER_CODES).map(
    ([code, { stages, meaning, remedy }]) =>
      `## ${code}\nFrom: ${stages.map((stage) => `\`${stage}\``).join(', ')}. ${meaning}\n\n**What to do:** ${remedy}\n`,
  );
  return `# Dead letters: what each code means

An event that can't go on is kept as a dead letter with a code and a message. \`millrace deadletters list\` shows them,
\`show ID\` shows one with its payload, \`replay ID\` sends it to the stage that refused it once the cause is mended.
This page is generated from the table in \`libs/lanes/src/codes.ts\`.

${sections.join('\n')}`;
}
