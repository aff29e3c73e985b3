/** Neither library has types of its own. */
declare module 'snappyjs' {
  export function uncompress(block: Uint8Array, maxLength?: number): Uint8Array;
}

declare module 'lz4js' {
  /** The most bytes that the frame may unpack to. */
  export function decompressBound(frame: Uint8Array): number;
  export function decompress(frame: Uint8Array): Uint8Array;
}
