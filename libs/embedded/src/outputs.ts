import type { Chains } from './chains.ts';
import type { Disk } from './disk.ts';
import { after, key, SPACE } from './keys.ts';
import { unpackRow } from './rows.ts';
import type { Writer } from './writer.ts';

/** What a pipeline has computed from its raw log, to be forgotten and computed again. */
export interface Outputs {
  /** A `forget` was interrupted: what is left must not be used before it has been done again. */
  unfinished(pipeline: string): boolean;
  /**
   * Removes the fused states and the results, before anything else is written. Raw records, the positions of sources
   * and topics that the user named stay; so does the mark of each dead letter that was replayed or discarded, which
   * keeps it from coming back.
   */
  forget(pipeline: string): Promise<void>;
}

/** Keys that one transaction removes. */
const STEP_KEYS = 10_000;

const RESULT_SPACES = [
  SPACE.windowByStart,
  SPACE.alert,
  SPACE.alertByTime,
  SPACE.event,
  SPACE.eventByTime,
  SPACE.eventByKey,
  SPACE.deadLetter,
  SPACE.deadLetterByTime,
];

export function createOutputs(disk: Disk, writer: Writer, fused: Chains): Outputs {
  const flag = (pipeline: string) => key(SPACE.meta).text('forgetting').text(pipeline).end();

  async function forgetSpace(space: number, pipeline: string): Promise<void> {
    const prefix = key(space).text(pipeline).end();
    const to = after(prefix);
    for (let from: Uint8Array | null = prefix; from !== null; ) {
      const entries: { readonly key: Buffer; readonly mark: boolean }[] = [
        ...disk.range({ from, to, limit: STEP_KEYS }),
      ].map((entry) => ({
        key: Buffer.from(entry.key),
        mark: space === SPACE.deadLetter && unpackRow(entry.value) === null,
      }));
      await writer.submit((transaction) => {
        for (const entry of entries) if (!entry.mark) transaction.remove(entry.key);
      });
      const last = entries.at(-1);
      from = entries.length < STEP_KEYS || !last ? null : Buffer.concat([last.key, Buffer.from([0])]);
    }
  }

  return {
    unfinished: (pipeline) => disk.get(flag(pipeline)) !== undefined,
    async forget(pipeline) {
      // Without states nothing is taken for computed; the flag says that results may be older than they.
      await writer.submit((transaction) => {
        transaction.put(flag(pipeline), Buffer.from([1]));
        for (const stateKey of fused.keys()) {
          if (stateKey.startsWith(`${pipeline}/`)) fused.remove(transaction, stateKey);
        }
      });
      for (const space of RESULT_SPACES) await forgetSpace(space, pipeline);
      await writer.submit((transaction) => transaction.remove(flag(pipeline)));
    },
  };
}
