import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '@millrace/service/failure';

/** What a data folder says of itself to commands that are given nothing else. */
export interface FolderNote {
  readonly pipeline: string;
  readonly lanes: number;
  /** The document that ran here last, as an absolute path; empty: not known. */
  readonly document: string;
  /** Positions and states of the one mean nothing to the other. */
  readonly stages: 'fused' | 'separate';
  /** Of the plan that ran here last (`Plan.sections`); absent: none has. */
  readonly sections?: Readonly<Record<string, string>>;
}

const FILE = 'pipeline.json';
const WHICH = 'Give the folder that `millrace run` was given with --data; the default is .millrace/PIPELINE.';

/**
 * To be called by the process that runs the folder.
 * @throws Failure when the folder is another pipeline's, or was run with the other kind of stages.
 */
export function settleFolderNote(folder: string, note: FolderNote): void {
  const before = parse(folder);
  if (before !== null && before.pipeline !== note.pipeline) {
    throw new Failure(
      `${folder} belongs to pipeline ${before.pipeline}, not to ${note.pipeline}. Give another folder with --data.`,
    );
  }
  if (before !== null && before.stages !== note.stages) {
    const how = before.stages === 'fused' ? 'without' : 'with';
    throw new Failure(
      `${folder} was run ${how} --keep-topics, and can only go on so. Run it ${how} --keep-topics, or give another folder with --data.`,
    );
  }
  write(folder, { ...(before?.sections && { sections: before.sections }), ...note });
}

/** Once the plan runs here. */
export function noteSections(folder: string, sections: Readonly<Record<string, string>>): void {
  write(folder, { ...readFolderNote(folder), sections });
}

/** The sections of the document that are not what ran here last; null: it is not known what that was. */
export function changedSections(
  folder: string,
  now: Readonly<Record<string, string>>,
): readonly string[] | null {
  const before = readFolderNote(folder).sections;
  if (before === undefined) return null;
  const names = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...names].filter((name) => before[name] !== now[name]);
}

function write(folder: string, note: FolderNote): void {
  // Replaced as a whole: half a note, after a kill or a power cut, would forget how the folder was run.
  const path = join(folder, FILE);
  writeFileSync(`${path}.new`, `${JSON.stringify(note, null, 2)}\n`, { flush: true });
  renameSync(`${path}.new`, path);
}

/** @throws Failure when nothing has run in the folder. */
export function readFolderNote(folder: string): FolderNote {
  const note = parse(folder);
  if (note !== null) return note;
  if (!existsSync(folder)) throw new Failure(`there is no such folder: ${folder}. ${WHICH}`);
  throw new Failure(`${folder} is not a data folder: it has no readable ${FILE}. ${WHICH}`);
}

/** Null: there is none that can be read. */
function parse(folder: string): FolderNote | null {
  try {
    return JSON.parse(readFileSync(join(folder, FILE), 'utf8')) as FolderNote;
  } catch {
    return null;
  }
}
