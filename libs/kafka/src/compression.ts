import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import kafkajs from 'kafkajs';
import { decompress, decompressBound } from 'lz4js';
import { uncompress } from 'snappyjs';

/** What one batch may grow to: brokers take batches of 1 MiB by default, and the rest is somebody's mischief. */
const BATCH_BYTES_MAX = 256 * 1024 * 1024;
/** How Java's library frames snappy: this, two versions, then blocks that each begin with their size. */
const XERIAL = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_HEADER_BYTES = 16;
const SIZE_BYTES = 4;

const unpackZstd = promisify(zstdDecompress);

/** Has kafkajs, which knows gzip alone, unpack what others packed with snappy, lz4 and zstd. */
export function installCodecs(): void {
  const { CompressionCodecs, CompressionTypes } = kafkajs;
  CompressionCodecs[CompressionTypes.Snappy] = () => unpacking(async (packed) => unpackSnappy(packed));
  CompressionCodecs[CompressionTypes.LZ4] = () => unpacking(async (packed) => unpackLz4(packed));
  CompressionCodecs[CompressionTypes.ZSTD] = () =>
    unpacking((packed) => unpackZstd(packed, { maxOutputLength: BATCH_BYTES_MAX }));
}

function unpacking(decompress: (packed: Buffer) => Promise<Buffer>) {
  return {
    compress(): Promise<Buffer> {
      throw new Error('records are not packed here');
    },
    decompress,
  };
}

function unpackLz4(packed: Buffer): Buffer {
  const size = decompressBound(packed);
  if (size > BATCH_BYTES_MAX) throw new RangeError(`a batch of ${size} bytes, packed with lz4`);
  return Buffer.from(decompress(packed));
}

function unpackSnappy(packed: Buffer): Buffer {
  if (!packed.subarray(0, XERIAL.length).equals(XERIAL)) return unpackBlock(packed);
  const blocks: Buffer[] = [];
  for (let at = XERIAL_HEADER_BYTES; at < packed.length; ) {
    const size = packed.readUInt32BE(at);
    blocks.push(unpackBlock(packed.subarray(at + SIZE_BYTES, at + SIZE_BYTES + size)));
    at += SIZE_BYTES + size;
  }
  return Buffer.concat(blocks);
}

function unpackBlock(block: Buffer): Buffer {
  return Buffer.from(uncompress(block, BATCH_BYTES_MAX));
}
