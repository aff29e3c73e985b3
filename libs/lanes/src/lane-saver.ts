import { UNSAVED_RECORDS_MAX } from './bounds.ts';

/** Saves where a lane stands beside its batches, one save at a time, each of all that is done when it begins. */
export interface LaneSaver {
  /** A batch begins: what is there from now on must not be saved before it is done. @throws what a save failed with. */
  begin(): void;
  /** The batch is done, with all that it caused acknowledged. Waits only where too much is unsaved. */
  done(records: number): Promise<void>;
  /** Resolves when no save is under way and none is to follow; of a batch that is not done nothing is saved. */
  settle(): Promise<void>;
  /** What a save failed with, once: then nothing more is saved. */
  readonly failed: Promise<Error>;
}

/** `save` must take what it saves before it first waits. */
export function createLaneSaver(save: () => Promise<void>): LaneSaver {
  const failed = Promise.withResolvers<Error>();
  let failure: Error | null = null;
  let isBetweenBatches = true;
  let unsaved = 0;
  let underWay: Promise<void> | null = null;

  function start(): void {
    unsaved = 0;
    underWay = save().then(
      () => {
        underWay = null;
        if (unsaved > 0 && isBetweenBatches) start();
      },
      (error: unknown) => {
        underWay = null;
        failure = error instanceof Error ? error : new Error(String(error));
        failed.resolve(failure);
      },
    );
  }

  function check(): void {
    if (failure !== null) throw failure;
  }

  return {
    failed: failed.promise,
    begin() {
      check();
      isBetweenBatches = false;
    },
    async done(records) {
      check();
      isBetweenBatches = true;
      unsaved += records;
      if (underWay === null) start();
      while (unsaved > UNSAVED_RECORDS_MAX && underWay !== null) await underWay;
      check();
    },
    async settle() {
      while (underWay !== null) await underWay;
    },
  };
}
