import type { LogBatch, LogRecord } from '@millrace/lanes/ports/log';

/** What a lane holds before it is fetched no further. One fetch more can come on top. */
const RECORDS_MAX = 2_000;
const BYTES_MAX = 2 ** 20;

/**
 * What was fetched of a lane and is not yet with its reader, in order and without gaps. It lets the fetches of the
 * other lanes and the heartbeats go on while the reader works, and gives it all that has come meanwhile in one batch.
 */
export class LaneBuffer {
  #from: number;
  #next: number;
  #records: LogRecord[] = [];
  #bytes = 0;
  #end = 0;
  #failure: Error | null = null;
  #wake: () => void = () => {};

  constructor(from: number) {
    this.#from = from;
    this.#next = from;
  }

  /** The offset that must be fetched next. */
  get next(): number {
    return this.#next;
  }

  get isFull(): boolean {
    return this.#records.length >= RECORDS_MAX || this.#bytes >= BYTES_MAX;
  }

  /** False: it is not what comes next, and is not kept. */
  offer({ base, records, end }: LogBatch): boolean {
    if (base !== this.#next) return false;
    for (const record of records) {
      this.#records.push(record);
      this.#bytes += record.value.length;
    }
    this.#next += records.length;
    this.#end = end;
    this.#wake();
    return true;
  }

  /** Waits until there is something. Null: ended. @throws what it failed with. */
  async take(): Promise<LogBatch | null> {
    while (this.#records.length === 0 && this.#failure === null && this.#next >= 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#failure !== null) throw this.#failure;
    if (this.#next < 0) return null;
    const batch = { base: this.#from, records: this.#records, end: this.#end };
    this.#from = this.#next;
    this.#records = [];
    this.#bytes = 0;
    return batch;
  }

  /** Nothing more is taken or kept. */
  close(): void {
    this.#records = [];
    this.#next = -1;
    this.#wake();
  }

  /** What is there is not given out any more: the lane can't go on. */
  fail(error: Error): void {
    this.#failure = error;
    this.#wake();
  }
}
