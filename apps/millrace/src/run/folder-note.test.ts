import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type FolderNote, readFolderNote, settleFolderNote } from './folder-note.ts';

const NOTE: FolderNote = { pipeline: 'payments', lanes: 2, document: '/a/pipeline.yaml', stages: 'fused' };
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-note-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a folder goes on with the pipeline and the kind of stages that it was run with', () => {
  settleFolderNote(folder, NOTE);
  settleFolderNote(folder, { ...NOTE, document: '/b/pipeline.yaml' });
  expect(readFolderNote(folder).document).toBe('/b/pipeline.yaml');
  expect(() => settleFolderNote(folder, { ...NOTE, pipeline: 'orders' })).toThrow(
    'belongs to pipeline payments',
  );
  expect(() => settleFolderNote(folder, { ...NOTE, stages: 'separate' })).toThrow(
    'was run without --keep-topics',
  );
});

test('whenever it is killed, the old note or the new one is there, and whole', () => {
  settleFolderNote(folder, NOTE);
  const open = openSync(join(folder, 'pipeline.json'), 'r');
  settleFolderNote(folder, { ...NOTE, document: '/b/pipeline.yaml' });
  // The old file was replaced: had it been written over, there would be a moment in which it is empty.
  expect(JSON.parse(readFileSync(open, 'utf8'))).toEqual(NOTE);
  closeSync(open);
  expect(readdirSync(folder)).toEqual(['pipeline.json']);
});
