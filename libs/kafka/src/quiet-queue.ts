import { createRequire } from 'node:module';

interface RequestQueue {
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests(): void;
}

/** By path, as kafkajs has no door to it: its version is pinned, and the test tells when this has changed. */
const QUEUE = 'kafkajs/src/network/requestQueue/index.js';

const quietened = new WeakSet<RequestQueue>();

/**
 * Lets a process with idle connections sleep. kafkajs 2.2.4 has every connection look for requests that wait each
 * millisecond and for good, also when none do: 3 % of a core per process (kafkajs issues 1556 and 1704).
 */
export function quietenQueues(): void {
  const { prototype } = createRequire(import.meta.url)(QUEUE) as { readonly prototype: RequestQueue };
  if (quietened.has(prototype)) return;
  quietened.add(prototype);
  const schedule = prototype.scheduleCheckPendingRequests;
  prototype.scheduleCheckPendingRequests = function scheduleIfPending() {
    if (this.pending.length > 0) schedule.call(this);
  };
}
