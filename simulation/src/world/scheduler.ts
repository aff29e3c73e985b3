import { fold, type Random } from '../random.ts';

/**
 * The only source of "later" in a run. Tasks wait in virtual time; between two of them every promise that the
 * first one settled has run to its end. So a run is a pure function of its seed.
 */
export interface Scheduler {
  /** Virtual milliseconds since the world began. */
  now(): number;
  after(delayMs: number, name: string, task: () => void): void;
  /** A delay somewhere in [1, maxMs], short ones being likelier. */
  delay(maxMs: number): number;
  /** Runs tasks until `done` says so; false: nothing was left to run, or `maxTasks` were not enough. */
  run(done: () => boolean, maxTasks: number): Promise<boolean>;
  /** Hash of what has run when: equal for equal seeds. */
  trace(): string;
}

interface Task {
  readonly at: number;
  readonly order: number;
  readonly name: string;
  readonly run: () => void;
}

export function createScheduler(random: Random): Scheduler {
  const heap: Task[] = [];
  let now = 0;
  let order = 0;
  let hash = 0x811c9dc5;

  return {
    now: () => now,
    after(delayMs, name, task) {
      if (!(delayMs >= 0)) throw new RangeError(`${name}: a delay of ${delayMs} ms`);
      push(heap, { at: now + Math.round(delayMs), order: order++, name, run: task });
    },
    delay: (maxMs) => 1 + Math.floor(random.next() ** 2 * maxMs),
    async run(done, maxTasks) {
      await settled();
      for (let count = 0; count < maxTasks; count++) {
        if (done()) return true;
        const task = pop(heap);
        if (task === undefined) return false;
        now = task.at;
        hash = fold(hash, `${now} ${task.name}`);
        task.run();
        await settled();
      }
      return done();
    },
    trace: () => (hash >>> 0).toString(16).padStart(8, '0'),
  };
}

/** Resolves when no promise reaction is left to run, nor anything that made room for others by `setImmediate`. */
async function settled(): Promise<void> {
  // Ticks come after the whole queue of reactions.
  await new Promise<void>((resolve) => process.nextTick(resolve));
  while (process.getActiveResourcesInfo().includes('Immediate')) {
    await new Promise<void>((resolve) => setImmediate(resolve));
    await new Promise<void>((resolve) => process.nextTick(resolve));
  }
}

function before(left: Task, right: Task): boolean {
  return left.at < right.at || (left.at === right.at && left.order < right.order);
}

function push(heap: Task[], task: Task): void {
  let i = heap.push(task) - 1;
  while (i > 0) {
    const parent = (i - 1) >> 1;
    if (!before(task, heap[parent]!)) break;
    heap[i] = heap[parent]!;
    i = parent;
  }
  heap[i] = task;
}

function pop(heap: Task[]): Task | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (first === undefined || last === undefined || heap.length === 0) return first;
  let i = 0;
  for (;;) {
    let child = 2 * i + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
    if (!before(heap[child]!, last)) break;
    heap[i] = heap[child]!;
    i = child;
  }
  heap[i] = last;
  return first;
}
