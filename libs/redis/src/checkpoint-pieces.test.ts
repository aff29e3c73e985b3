import { expect, test } from '@jest/globals';
import { PIECE_BYTES_MAX, PIECE_ENTRIES_MAX } from './bounds.ts';
import { inPieces } from './checkpoint-pieces.ts';

const many = (count: number, bytes: number) =>
  new Map(Array.from({ length: count }, (_, i) => [`entry ${i}`, new Uint8Array(bytes)]));

test('what is small is one piece, also nothing at all', () => {
  expect(inPieces(new Map(), [])).toEqual([{ puts: [], deletes: [] }]);
  expect(inPieces(new Map([['a', Uint8Array.of(1)]]), ['b'])).toEqual([
    { puts: ['a', Buffer.of(1)], deletes: ['b'] },
  ]);
});

test('pieces are bounded by entries and by bytes, and all is in them, in order', () => {
  const puts = many(2 * PIECE_ENTRIES_MAX + 1, 10);
  const deletes = Array.from({ length: PIECE_ENTRIES_MAX + 1 }, (_, i) => `gone ${i}`);
  const pieces = inPieces(puts, deletes);
  expect(pieces.map((piece) => piece.deletes.length + piece.puts.length / 2)).toEqual([
    PIECE_ENTRIES_MAX,
    PIECE_ENTRIES_MAX,
    PIECE_ENTRIES_MAX,
    2,
  ]);
  expect(pieces.flatMap((piece) => piece.deletes)).toEqual(deletes);
  expect(pieces.flatMap((piece) => piece.puts.filter((_, i) => i % 2 === 0))).toEqual([...puts.keys()]);
  expect(inPieces(many(9, PIECE_BYTES_MAX / 4), [])).toHaveLength(3);
});

test('an entry over the bound goes alone', () => {
  const sizes = inPieces(many(3, PIECE_BYTES_MAX + 1), []).map((piece) => piece.puts.length / 2);
  expect(sizes).toEqual([1, 1, 1]);
});

test('a view into a larger buffer is written as it is', () => {
  const view = new Uint8Array([9, 1, 2, 9]).subarray(1, 3);
  expect(inPieces(new Map([['a', view]]), [])[0]!.puts[1]).toEqual(Buffer.of(1, 2));
});
