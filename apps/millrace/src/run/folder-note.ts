import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '@millrace/service/failure';

/** What a data folder says of itself to commands that are given nothing else. */
export interface FolderNote {
  readonly pipeline: string;
  readonly lanes: number;
  /** The document that ran here last, as an absolute path. */
  readonly document: string;
}

const FILE = 'pipeline.json';

/** To be called by the process that runs the folder. */
export function writeFolderNote(folder: string, note: FolderNote): void {
  writeFileSync(join(folder, FILE), `${JSON.stringify(note, null, 2)}\n`);
}

/** @throws Failure when nothing has run in the folder. */
export function readFolderNote(folder: string): FolderNote {
  try {
    return JSON.parse(readFileSync(join(folder, FILE), 'utf8')) as FolderNote;
  } catch (error) {
    throw new Failure(
      `${folder} is not a data folder: it has no readable ${FILE}. Give the folder that \`millrace run\` was given with --data; the default is .millrace/PIPELINE.`,
      undefined,
      { cause: error },
    );
  }
}
