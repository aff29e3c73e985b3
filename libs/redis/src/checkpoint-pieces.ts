import { PIECE_BYTES_MAX, PIECE_ENTRIES_MAX } from './bounds.ts';

/** What one command carries of a checkpoint. `puts`: name and value in turn. */
export interface Piece {
  readonly puts: (string | Buffer)[];
  readonly deletes: string[];
}

/** At least one piece, each within the bounds, one entry over them alone. */
export function inPieces(puts: ReadonlyMap<string, Uint8Array>, deletes: readonly string[]): Piece[] {
  let piece: Piece = { puts: [], deletes: [] };
  const pieces = [piece];
  let entries = 0;
  let bytes = 0;
  function room(size: number): Piece {
    if (entries > 0 && (entries >= PIECE_ENTRIES_MAX || bytes + size > PIECE_BYTES_MAX)) {
      piece = { puts: [], deletes: [] };
      pieces.push(piece);
      entries = 0;
      bytes = 0;
    }
    entries++;
    bytes += size;
    return piece;
  }
  for (const name of deletes) room(name.length).deletes.push(name);
  for (const [name, value] of puts) {
    const { buffer, byteOffset, byteLength } = value;
    room(name.length + byteLength).puts.push(name, Buffer.from(buffer, byteOffset, byteLength));
  }
  return pieces;
}
