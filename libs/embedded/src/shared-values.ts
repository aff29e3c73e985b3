import type { Clock } from '@millrace/lanes/ports/clock';
import { checkSharedValue, type SharedValues } from '@millrace/lanes/ports/shared';

interface Held {
  readonly value: string;
  readonly untilMs: number;
}

/** In memory: all who share are in this process. */
export function createSharedValues(clock: Clock): SharedValues {
  const scopes = new Map<string, Map<string, Held>>();

  function living(scope: string): Map<string, Held> {
    const held = scopes.get(scope) ?? new Map<string, Held>();
    const nowMs = clock.now();
    for (const [name, { untilMs }] of held) if (untilMs <= nowMs) held.delete(name);
    if (held.size === 0) scopes.delete(scope);
    return held;
  }

  return {
    async put(scope, name, value, ttlMs) {
      checkSharedValue(scope, name, value);
      const held = living(scope);
      held.set(name, { value, untilMs: clock.now() + ttlMs });
      scopes.set(scope, held);
    },
    get: async (scope, name) => living(scope).get(name)?.value ?? null,
    all: async (scope) => new Map([...living(scope)].map(([name, { value }]) => [name, value])),
    async remove(scope, name) {
      living(scope).delete(name);
    },
  };
}
