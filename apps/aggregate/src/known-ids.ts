import { hash } from 'node:crypto';
import type { Flow } from '@millrace/lanes/flow';
import type { LaneState, StateChanges } from '@millrace/lanes/stage';

/** Ids in one saved entry. */
const CHUNK_IDS = 256;
/** Bytes of a saved id: 16 of its hash, 8 of the digest, 8 of the lane's time when it came. */
const ID_BYTES = 32;
const SLOTS_MIN = 1_024;

interface Chunk {
  readonly key: string;
  /** Null once it is full and handed over. */
  bytes: Buffer | null;
  ids: number;
  /** Highest time in it. */
  newest: number;
}

export type Acquaintance = 'new' | 'duplicate' | 'conflict';

/**
 * The ids that a lane has seen within `dedupe`, by 128 bits of SHA-256, in an open-addressing table of 32 bytes an
 * id. An id older than that is as if it had never been, whether or not it still takes room.
 */
export class KnownIds implements LaneState {
  readonly #dedupeMs: number;
  /** Per slot: four words of hash; all zero: free. */
  #hashes = new Uint32Array(4 * SLOTS_MIN);
  /** Per slot: digest, the lane's time when it came. */
  #facts = new Float64Array(2 * SLOTS_MIN);
  #slots = SLOTS_MIN;
  #used = 0;
  readonly #words = new Uint32Array(4);
  #chunks: Chunk[] = [];
  #nextChunk = 0;
  #changed = new Set<Chunk>();
  /** Highest ingest time of the lane's records, ms. */
  #now = 0;

  constructor(dedupeMs: number) {
    this.#dedupeMs = dedupeMs;
  }

  /** Moves the lane's time for duplicates. */
  hear(ingestTime: number): void {
    if (ingestTime > this.#now) this.#now = ingestTime;
  }

  /**
   * Whether the record's id was there; remembers it when it is new, as of the lane's time: the record itself may come
   * from a clock that is behind, and its repeat right after it is a duplicate all the same.
   */
  meet(record: Flow): Acquaintance {
    this.#hash(record.attempt === 0 ? record.id : `${record.id}\u0000${record.attempt}`);
    const slot = this.#slotOf();
    if (this.#isTaken(slot)) {
      if (this.#facts[2 * slot + 1]! >= this.#now - this.#dedupeMs) {
        return this.#facts[2 * slot] === record.digest ? 'duplicate' : 'conflict';
      }
      this.#facts[2 * slot] = record.digest;
      this.#facts[2 * slot + 1] = this.#now;
    } else {
      this.#fill(slot, record.digest, this.#now);
    }
    this.#save(record.digest, this.#now);
    return 'new';
  }

  drain(changes: StateChanges): void {
    let expired = 0;
    for (const chunk of this.#chunks) {
      if (chunk.newest >= this.#now - this.#dedupeMs) break;
      changes.remove(chunk.key);
      this.#changed.delete(chunk);
      expired++;
    }
    this.#chunks = expired === 0 ? this.#chunks : this.#chunks.slice(expired);
    for (const chunk of this.#changed) {
      if (chunk.bytes === null) continue;
      // Copied: a chunk goes on filling while its bytes are on their way.
      changes.put(chunk.key, Uint8Array.from(chunk.bytes.subarray(0, chunk.ids * ID_BYTES)));
      if (chunk.ids === CHUNK_IDS) chunk.bytes = null;
    }
    this.#changed.clear();
    const now = Buffer.alloc(8);
    now.writeDoubleLE(this.#now);
    changes.put('now', now);
  }

  restore(key: string, value: Uint8Array): void {
    const saved = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    if (key === 'now') {
      this.#now = saved.readDoubleLE(0);
      return;
    }
    const ids = saved.length / ID_BYTES;
    const chunk: Chunk = { key, bytes: null, ids, newest: 0 };
    if (ids < CHUNK_IDS) {
      chunk.bytes = Buffer.alloc(CHUNK_IDS * ID_BYTES);
      saved.copy(chunk.bytes);
    }
    for (let at = 0; at < saved.length; at += ID_BYTES) {
      for (let i = 0; i < 4; i++) this.#words[i] = saved.readUInt32LE(at + 4 * i);
      const time = saved.readDoubleLE(at + 24);
      const slot = this.#slotOf();
      if (!this.#isTaken(slot)) this.#fill(slot, saved.readDoubleLE(at + 16), time);
      else if (time >= this.#facts[2 * slot + 1]!) {
        this.#facts[2 * slot] = saved.readDoubleLE(at + 16);
        this.#facts[2 * slot + 1] = time;
      }
      chunk.newest = Math.max(chunk.newest, time);
    }
    this.#nextChunk = Math.max(this.#nextChunk, Number(key) + 1);
    this.#chunks.push(chunk);
    this.#chunks.sort((left, right) => Number(left.key) - Number(right.key));
  }

  size(): number {
    return this.#chunks.length + 1;
  }

  #hash(id: string): void {
    // One character a byte: a quarter of what a buffer costs.
    const digest = hash('sha256', id, 'binary');
    for (let i = 0; i < 4; i++) {
      const at = 4 * i;
      this.#words[i] =
        digest.charCodeAt(at) |
        (digest.charCodeAt(at + 1) << 8) |
        (digest.charCodeAt(at + 2) << 16) |
        (digest.charCodeAt(at + 3) << 24);
    }
    // All zero means a free slot.
    if ((this.#words[0]! | this.#words[1]! | this.#words[2]! | this.#words[3]!) === 0) this.#words[0] = 1;
  }

  /** The slot of the hash in `#words`, or the free one where it would go. */
  #slotOf(): number {
    const mask = this.#slots - 1;
    let slot = this.#words[0]! & mask;
    while (this.#isTaken(slot) && !this.#isHere(slot)) slot = (slot + 1) & mask;
    return slot;
  }

  #isTaken(slot: number): boolean {
    const hashes = this.#hashes;
    const at = 4 * slot;
    return (hashes[at]! | hashes[at + 1]! | hashes[at + 2]! | hashes[at + 3]!) !== 0;
  }

  #isHere(slot: number): boolean {
    const at = 4 * slot;
    for (let i = 0; i < 4; i++) if (this.#hashes[at + i] !== this.#words[i]) return false;
    return true;
  }

  #fill(slot: number, digest: number, time: number): void {
    this.#hashes.set(this.#words, 4 * slot);
    this.#facts[2 * slot] = digest;
    this.#facts[2 * slot + 1] = time;
    this.#used++;
    if (this.#used * 4 > this.#slots * 3) this.#rebuild();
  }

  /** Leaves out what is too old and makes room. */
  #rebuild(): void {
    const { hashes, facts, slots } = { hashes: this.#hashes, facts: this.#facts, slots: this.#slots };
    const keep: number[] = [];
    for (let slot = 0; slot < slots; slot++) {
      if (this.#isTaken(slot) && facts[2 * slot + 1]! >= this.#now - this.#dedupeMs) keep.push(slot);
    }
    while (this.#slots < keep.length * 2) this.#slots *= 2;
    this.#hashes = new Uint32Array(4 * this.#slots);
    this.#facts = new Float64Array(2 * this.#slots);
    this.#used = 0;
    const current = Uint32Array.from(this.#words);
    for (const slot of keep) {
      this.#words.set(hashes.subarray(4 * slot, 4 * slot + 4));
      const target = this.#slotOf();
      this.#hashes.set(this.#words, 4 * target);
      this.#facts.set(facts.subarray(2 * slot, 2 * slot + 2), 2 * target);
      this.#used++;
    }
    this.#words.set(current);
  }

  #save(digest: number, time: number): void {
    let chunk = this.#chunks.at(-1);
    let bytes = chunk?.ids === CHUNK_IDS ? null : chunk?.bytes;
    if (chunk === undefined || bytes === null || bytes === undefined) {
      bytes = Buffer.alloc(CHUNK_IDS * ID_BYTES);
      chunk = { key: String(this.#nextChunk++), bytes, ids: 0, newest: 0 };
      this.#chunks.push(chunk);
    }
    const at = chunk.ids * ID_BYTES;
    for (let i = 0; i < 4; i++) bytes.writeUInt32LE(this.#words[i]!, at + 4 * i);
    bytes.writeDoubleLE(digest, at + 16);
    bytes.writeDoubleLE(time, at + 24);
    chunk.ids++;
    chunk.newest = Math.max(chunk.newest, time);
    this.#changed.add(chunk);
  }
}
