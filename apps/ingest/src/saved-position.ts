import { randomUUID } from 'node:crypto';
import type { StateStore } from '@millrace/lanes/ports/state';

/** Where a part is gone on from, in the state store; held by this process until a later one takes it over. */
export interface SavedPosition<T extends object> {
  /** What was saved, or the start. */
  readonly from: T;
  /**
   * The store may have been away, come back older or come back empty: then it is taken over anew.
   * @throws TakenOver when another process has it.
   * @throws Error when it is not known to be saved: save again, or go on without; then it is read again from before.
   */
  save(value: T): Promise<void>;
}

/** Another process has it. */
export class TakenOver extends Error {
  override readonly name = 'TakenOver';
}

/** In the head: who wrote it. Another's there says that this process has lost it. */
type Signed<T> = T & { readonly reader?: string };

/** Takes it over, and signs what is there, so that a former owner sees whose it is now. */
export async function takeOverSaved<T extends object>(
  state: StateStore,
  key: string,
  /** For messages. */
  what: string,
  start: T,
): Promise<SavedPosition<T>> {
  const reader = randomUUID();
  let token = reader;
  const taken = await state.takeOver(key, token);
  const from = readHead<T>(taken?.head) ?? start;
  let number = taken?.number ?? 0;
  /** Whether the store may hold something else than is thought here. */
  let isSure = true;
  // Refused: a later process has it, which the first save will find out.
  if (await write(from)) number += 1;

  function write(value: T): Promise<boolean> {
    const head = JSON.stringify({ ...value, reader } satisfies Signed<T>);
    return state.checkpoint(key, { token, base: number, head, puts: new Map(), deletes: [] });
  }

  async function takeOverAgain(): Promise<void> {
    token = randomUUID();
    const again = await state.takeOver(key, token);
    const signed = readHead<Signed<T>>(again?.head);
    if (signed !== null && signed.reader !== reader) {
      throw new TakenOver(
        `another process has taken over reading ${what}; this one stops. Run sources that read by themselves in one process only.`,
      );
    }
    number = again?.number ?? 0;
    isSure = true;
  }

  return {
    from,
    async save(value) {
      if (!isSure) await takeOverAgain();
      isSure = false;
      if (!(await write(value))) {
        await takeOverAgain();
        isSure = false;
        if (!(await write(value))) throw new Error(`the position of ${what} changes hands just now`);
      }
      number += 1;
      isSure = true;
    },
  };
}

function readHead<T>(head: string | undefined): T | null {
  return head === undefined || head === '' ? null : (JSON.parse(head) as T);
}
