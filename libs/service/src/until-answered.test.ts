import { expect, test } from '@jest/globals';
import { Failure } from './failure.ts';
import { untilAnswered, type Waiting } from './until-answered.ts';

function waiting(parts: Partial<Waiting> = {}) {
  let now = 0;
  const lines: string[] = [];
  const states: (string | null)[] = [];
  const line = (level: string) => (_: object, message: string) => void lines.push(`${level} ${message}`);
  return {
    lines,
    states,
    options: {
      clock: {
        now: () => now,
        async sleep(ms: number) {
          now += ms;
        },
      },
      logger: { info: line('info'), warn: line('warn'), error: line('error') },
      patienceMs: 10_000,
      signal: new AbortController().signal,
      onState: (state: string | null) => void states.push(state),
      ...parts,
    } satisfies Waiting,
  };
}

function refusing(times: number, error: Error = new Error('refused')): () => Promise<string> {
  let tries = 0;
  return async () => {
    if (++tries <= times) throw error;
    return 'there';
  };
}

test('a server that comes late is waited for, quietly at first, and it is told what for', async () => {
  const { options, lines, states } = waiting();
  expect(await untilAnswered(options, 'Kafka', refusing(20))).toBe('there');
  expect(lines[0]).toBe('info waiting for Kafka');
  expect(lines).toContain('warn waiting for Kafka');
  expect(lines.at(-1)).toBe('info Kafka answers');
  expect(states).toContain('Kafka does not answer: refused');
  expect(states.at(-1)).toBeNull();
});

test('one that is there is not spoken of', async () => {
  const { options, lines } = waiting();
  await untilAnswered(options, 'Kafka', refusing(0));
  expect(lines).toEqual([]);
});

test('what waiting does not mend is thrown, whatever is around it', async () => {
  const { options } = waiting();
  const wrong = Object.assign(new Error('wrong password'), { name: 'KafkaSetupError' });
  const around = new Error('number of retries exceeded', { cause: wrong });
  await expect(untilAnswered(options, 'Kafka', refusing(1, around))).rejects.toBe(around);
  const failure = new Failure('no');
  await expect(untilAnswered(options, 'Kafka', refusing(1, failure))).rejects.toBe(failure);
});

test('it ends with its signal', async () => {
  const over = new AbortController();
  const { options } = waiting({ signal: over.signal });
  const attempt = async () => {
    over.abort();
    throw new Error('refused');
  };
  await expect(untilAnswered(options, 'Kafka', attempt)).rejects.toThrow(/aborted/);
});
