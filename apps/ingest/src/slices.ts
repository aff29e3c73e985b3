/** What a source has handed to the log, in that order, until the log acknowledges it. */
export interface Slices {
  /** `done` is called once this one and all before it are acknowledged. */
  add(acknowledged: Promise<void>, done: () => void): void;
  /** Waits until at most `left` wait for the log. @throws what an append failed with. */
  settle(left: number): Promise<void>;
}

interface Slice {
  readonly acknowledged: Promise<void>;
  readonly done: () => void;
  settled: boolean;
}

export function createSlices(): Slices {
  const slices: Slice[] = [];
  return {
    add(acknowledged, done) {
      const slice: Slice = { acknowledged, done, settled: false };
      acknowledged.then(
        () => {
          slice.settled = true;
        },
        // Whoever waits for the slice is told.
        () => {},
      );
      slices.push(slice);
    },
    async settle(left) {
      while (slices.length > 0 && (slices.length > left || slices[0]!.settled)) {
        const slice = slices[0]!;
        await slice.acknowledged;
        slices.shift();
        slice.done();
      }
    },
  };
}
