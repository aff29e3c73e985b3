/**
 * A process of the simulated world: whatever its objects asked of the outside comes back through `deliver`.
 * Crashed, it never hears anything again, so that its promises hang for ever; what it sent may still arrive.
 * Paused (as by SIGSTOP), it hears everything later and goes on as a zombie that takes itself for the owner.
 */
export interface SimulatedProcess {
  readonly name: string;
  readonly state: 'running' | 'paused' | 'crashed';
  deliver(message: () => void): void;
  crash(): void;
  pause(): void;
  resume(): void;
}

export function createProcess(name: string): SimulatedProcess {
  let state: SimulatedProcess['state'] = 'running';
  let waiting: (() => void)[] = [];
  return {
    name,
    get state() {
      return state;
    },
    deliver(message) {
      if (state === 'running') message();
      else if (state === 'paused') waiting.push(message);
    },
    crash() {
      state = 'crashed';
      waiting = [];
    },
    pause() {
      if (state === 'running') state = 'paused';
    },
    resume() {
      if (state !== 'paused') return;
      state = 'running';
      const messages = waiting;
      waiting = [];
      for (const message of messages) this.deliver(message);
    },
  };
}
