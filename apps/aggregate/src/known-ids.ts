import { CLOCK_BACK_MS } from '@millrace/lanes/bounds';
import type { Flow } from '@millrace/lanes/flow';
import type { LaneState, StateChanges } from '@millrace/lanes/stage';
import { murmur3 } from './murmur3.ts';

/** Ids in one chunk, which is one saved entry. */
const CHUNK_IDS = 256;
/** Of an id: four 32-bit words of its hash, then the digest and the lane's time when it came as doubles. */
const ID_BYTES = 32;
const ID_WORDS = 8;
const ID_DOUBLES = 4;
const DIGEST = 2;
const TIME = 3;
const FORGOTTEN = Number.NEGATIVE_INFINITY;
const SLOTS_MIN = 1_024;
const PRINT = 1;

/** Ids in the order in which they came; chunk n holds the ids n · CHUNK_IDS … */
interface Chunk {
  readonly number: number;
  readonly words: Uint32Array;
  readonly doubles: Float64Array;
  ids: number;
  /** Highest time in it. */
  newest: number;
}

export type Acquaintance = 'new' | 'duplicate' | 'conflict';

/**
 * The ids that a lane has seen within `dedupe`, by 128 bits of hash: about 48 bytes an id. They stand in chunks in
 * the order of their coming, and an index with open addressing finds them. An id older than `dedupe` is as if it had
 * never been, whether or not it still takes room. The hash need not withstand attacks: whoever could send a colliding id
 * could as well send the id itself.
 */
export class KnownIds implements LaneState {
  readonly #dedupeMs: number;
  #chunks: Chunk[] = [];
  #nextChunk = 0;
  /** Slot → the id's number − `#base` + 1; 0: free. An id whose chunk is gone stays until the next rebuild. */
  #index = new Uint32Array(SLOTS_MIN);
  /** Slot → another word of the hash than the one that chose the slot, so that most strangers are told at once. */
  #prints = new Uint32Array(SLOTS_MIN);
  #base = 0;
  #used = 0;
  /** The hash at hand. */
  readonly #words = new Uint32Array(4);
  readonly #changed = new Set<Chunk>();
  /** Saved chunks, which come in any order, until the first id is asked for. */
  #restored: Chunk[] = [];
  /** Highest ingest time of the lane's records since it was put back last, ms. */
  #now = 0;

  constructor(dedupeMs: number) {
    this.#dedupeMs = dedupeMs;
  }

  /** Moves the lane's time for duplicates. */
  hear(ingestTime: number): void {
    if (ingestTime > this.#now) this.#now = ingestTime;
    else if (this.#now - ingestTime >= CLOCK_BACK_MS) this.#putBack(ingestTime);
  }

  /**
   * A clock had been far ahead. What it made forgotten stays so; what came meanwhile came now, since it would be
   * remembered until then. Times ascend in the order of coming, before and after.
   */
  #putBack(now: number): void {
    if (this.#restored.length > 0) this.#indexRestored();
    const oldest = this.#now - this.#dedupeMs;
    this.#now = now;
    for (const chunk of this.#chunks) {
      if (chunk.ids > 0 && chunk.doubles[TIME]! >= oldest) break;
      if (chunk.newest !== FORGOTTEN) this.#retime(chunk, (time) => (time < oldest ? FORGOTTEN : time));
    }
    for (const chunk of this.#chunks.toReversed()) {
      if (chunk.newest <= now) break;
      this.#retime(chunk, (time) => Math.min(time, now));
    }
  }

  #retime(chunk: Chunk, timeOf: (time: number) => number): void {
    for (let i = 0; i < chunk.ids; i++) {
      const at = i * ID_DOUBLES + TIME;
      chunk.doubles[at] = timeOf(chunk.doubles[at]!);
    }
    chunk.newest = timeOf(chunk.newest);
    this.#changed.add(chunk);
  }

  /**
   * Whether the record's id was there; remembers it when it is new, as of the lane's time: the record itself may come
   * from a clock that is behind, and its repeat right after it is a duplicate all the same.
   */
  meet(record: Flow): Acquaintance {
    if (this.#restored.length > 0) this.#indexRestored();
    murmur3(record.attempt === 0 ? record.id : `${record.id}\u0000${record.attempt}`, this.#words);
    const slot = this.#slotOf();
    const known = this.#numberIn(slot);
    if (known >= 0) {
      const { doubles } = this.#chunkOf(known)!;
      const at = (known % CHUNK_IDS) * ID_DOUBLES;
      if (doubles[at + TIME]! >= this.#now - this.#dedupeMs) {
        return doubles[at + DIGEST] === record.digest ? 'duplicate' : 'conflict';
      }
    }
    this.#point(slot, this.#append(record.digest, this.#now));
    return 'new';
  }

  drain(changes: StateChanges): void {
    let expired = 0;
    for (const chunk of this.#chunks) {
      if (chunk.newest >= this.#now - this.#dedupeMs) break;
      changes.remove(String(chunk.number));
      this.#changed.delete(chunk);
      expired++;
    }
    if (expired > 0) this.#chunks = this.#chunks.slice(expired);
    for (const chunk of this.#changed) {
      // Copied: a chunk goes on filling while its bytes are on their way.
      changes.put(String(chunk.number), new Uint8Array(chunk.words.buffer.slice(0, chunk.ids * ID_BYTES)));
    }
    this.#changed.clear();
    const now = Buffer.alloc(8);
    now.writeDoubleLE(this.#now);
    changes.put('now', now);
  }

  restore(key: string, value: Uint8Array): void {
    if (key === 'now') {
      this.#now = Buffer.from(value.buffer, value.byteOffset, value.byteLength).readDoubleLE(0);
      return;
    }
    const chunk = createChunk(Number(key));
    new Uint8Array(chunk.words.buffer).set(value);
    chunk.ids = value.length / ID_BYTES;
    chunk.newest = FORGOTTEN;
    for (let i = 0; i < chunk.ids; i++) {
      chunk.newest = Math.max(chunk.newest, chunk.doubles[i * ID_DOUBLES + TIME]!);
    }
    this.#restored.push(chunk);
  }

  size(): number {
    return this.#chunks.length + this.#restored.length + 1;
  }

  #indexRestored(): void {
    this.#chunks = this.#restored.sort((left, right) => left.number - right.number);
    this.#restored = [];
    this.#nextChunk = this.#chunks.at(-1)!.number + 1;
    this.#base = this.#chunks[0]!.number * CHUNK_IDS;
    for (const chunk of this.#chunks) {
      for (let i = 0; i < chunk.ids; i++) {
        this.#words.set(chunk.words.subarray(i * ID_WORDS, i * ID_WORDS + this.#words.length));
        // An id that came again after it had expired: the later one counts.
        this.#point(this.#slotOf(), chunk.number * CHUNK_IDS + i);
      }
    }
  }

  /** The slot of the hash at hand, or the free one where it would go. */
  #slotOf(): number {
    const mask = this.#index.length - 1;
    let slot = this.#words[0]! & mask;
    while (this.#index[slot] !== 0 && !this.#isHere(slot)) slot = (slot + 1) & mask;
    return slot;
  }

  #isHere(slot: number): boolean {
    if (this.#prints[slot] !== this.#words[PRINT]) return false;
    const number = this.#numberIn(slot);
    const chunk = this.#chunkOf(number);
    if (chunk === undefined) return false;
    const at = (number % CHUNK_IDS) * ID_WORDS;
    for (let i = 0; i < 4; i++) if (chunk.words[at + i] !== this.#words[i]) return false;
    return true;
  }

  /** -1: free. */
  #numberIn(slot: number): number {
    const pointer = this.#index[slot]!;
    return pointer === 0 ? -1 : this.#base + pointer - 1;
  }

  #chunkOf(number: number): Chunk | undefined {
    const first = this.#chunks[0];
    return first && this.#chunks[Math.floor(number / CHUNK_IDS) - first.number];
  }

  #append(digest: number, time: number): number {
    let chunk = this.#chunks.at(-1);
    if (chunk === undefined || chunk.ids === CHUNK_IDS) {
      chunk = createChunk(this.#nextChunk++);
      this.#chunks.push(chunk);
    }
    chunk.words.set(this.#words, chunk.ids * ID_WORDS);
    chunk.doubles[chunk.ids * ID_DOUBLES + DIGEST] = digest;
    chunk.doubles[chunk.ids * ID_DOUBLES + TIME] = time;
    chunk.newest = Math.max(chunk.newest, time);
    this.#changed.add(chunk);
    return chunk.number * CHUNK_IDS + chunk.ids++;
  }

  #point(slot: number, number: number): void {
    if (this.#index[slot] === 0) this.#used++;
    this.#index[slot] = number - this.#base + 1;
    this.#prints[slot] = this.#words[PRINT]!;
    if (this.#used * 4 > this.#index.length * 3) this.#rebuild();
  }

  /** Leaves out ids whose chunks are gone, and makes room. */
  #rebuild(): void {
    const numbers = this.#chunks.reduce((sum, { ids }) => sum + ids, 0);
    let slots = SLOTS_MIN;
    while (slots < numbers * 2) slots *= 2;
    const old = this.#index;
    const oldBase = this.#base;
    this.#index = new Uint32Array(slots);
    this.#prints = new Uint32Array(slots);
    this.#base = (this.#chunks[0]?.number ?? this.#nextChunk) * CHUNK_IDS;
    this.#used = 0;
    const mask = slots - 1;
    for (const pointer of old) {
      const number = oldBase + pointer - 1;
      const chunk = pointer === 0 || number < this.#base ? undefined : this.#chunkOf(number);
      if (chunk === undefined) continue;
      const at = (number % CHUNK_IDS) * ID_WORDS;
      let slot = chunk.words[at]! & mask;
      while (this.#index[slot] !== 0) slot = (slot + 1) & mask;
      this.#index[slot] = number - this.#base + 1;
      this.#prints[slot] = chunk.words[at + PRINT]!;
      this.#used++;
    }
  }
}

function createChunk(number: number): Chunk {
  const buffer = new ArrayBuffer(CHUNK_IDS * ID_BYTES);
  return { number, words: new Uint32Array(buffer), doubles: new Float64Array(buffer), ids: 0, newest: 0 };
}
