import { expect } from '@jest/globals';
import { SHARED_VALUE_BYTES_MAX, type SharedValues } from '@millrace/lanes/ports/shared-values';
import { eventually } from '../eventually.ts';
import { type ContractOptions, contract } from './suite.ts';

export interface SharedValuesFixture {
  readonly shared: SharedValues;
  /** The same values, as another process sees them. */
  readonly other: SharedValues;
  close(): Promise<void>;
}

const LONG_MS = 60_000;
const SHORT_MS = 50;

/** What every SharedValues promises. */
export function sharedValuesContract(
  name: string,
  make: () => Promise<SharedValuesFixture>,
  options: ContractOptions = {},
): void {
  contract(name, options, (check) => {
    let scopes = 0;
    const on = (title: string, run: (fixture: SharedValuesFixture, scope: string) => Promise<void>) =>
      check(title, async () => {
        const fixture = await make();
        try {
          await run(fixture, `contract-${process.pid}-${Date.now()}/${scopes++}`);
        } finally {
          await fixture.close();
        }
      });

    on('nothing is there at first', async ({ shared }, scope) => {
      expect(await shared.get(scope, 'a')).toBeNull();
      expect([...(await shared.all(scope))]).toEqual([]);
      await shared.remove(scope, 'a');
    });

    on('others see what was put last', async ({ shared, other }, scope) => {
      await shared.put(scope, 'a', 'first', LONG_MS);
      await shared.put(scope, 'a', 'second {"ä☂":"\\n"}', LONG_MS);
      await shared.put(scope, 'b/ü:1', '', LONG_MS);
      expect(await other.get(scope, 'a')).toBe('second {"ä☂":"\\n"}');
      expect(await other.get(scope, 'b/ü:1')).toBe('');
      expect(Object.fromEntries(await other.all(scope))).toEqual({ a: 'second {"ä☂":"\\n"}', 'b/ü:1': '' });
    });

    on('scopes are apart', async ({ shared }, scope) => {
      await shared.put(scope, 'a', '1', LONG_MS);
      await shared.put(`${scope}{x}`, 'a', '2', LONG_MS);
      expect(await shared.get(scope, 'a')).toBe('1');
      expect(Object.fromEntries(await shared.all(`${scope}{x}`))).toEqual({ a: '2' });
    });

    on('what is removed is gone', async ({ shared, other }, scope) => {
      await shared.put(scope, 'a', '1', LONG_MS);
      await shared.put(scope, 'b', '2', LONG_MS);
      await other.remove(scope, 'a');
      expect(await shared.get(scope, 'a')).toBeNull();
      expect(Object.fromEntries(await shared.all(scope))).toEqual({ b: '2' });
    });

    on('each goes by itself when its time is over', async ({ shared, other }, scope) => {
      await shared.put(scope, 'short', '1', SHORT_MS);
      await shared.put(scope, 'long', '2', LONG_MS);
      await eventually('the short one has gone', async () => (await other.get(scope, 'short')) === null);
      expect(Object.fromEntries(await other.all(scope))).toEqual({ long: '2' });
    });

    on('to put it again keeps it, and a long life does not lengthen others', async ({ shared }, scope) => {
      await shared.put(scope, 'again', '1', SHORT_MS);
      await shared.put(scope, 'again', '2', LONG_MS);
      await shared.put(scope, 'other', '3', SHORT_MS);
      await eventually('the other has gone', async () => !(await shared.all(scope)).has('other'));
      expect(await shared.get(scope, 'again')).toBe('2');
    });

    on('what is too large is refused', async ({ shared }, scope) => {
      await shared.put(scope, 'a', 'x'.repeat(SHARED_VALUE_BYTES_MAX), LONG_MS);
      const tooLarge = shared.put(scope, 'b', 'x'.repeat(SHARED_VALUE_BYTES_MAX + 1), LONG_MS);
      await expect(tooLarge).rejects.toThrow(RangeError);
      expect([...(await shared.all(scope)).keys()]).toEqual(['a']);
    });
  });
}
