import { expect } from '@jest/globals';
import { type Checkpoint, type SavedState, StateDamaged, type StateStore } from '@millrace/lanes/ports/state';
import { type ContractOptions, contract } from './suite.ts';

export interface StateStoreFixture {
  readonly state: StateStore;
  /** A key that is new. */
  key(): string;
  /** The store as another process finds it later, after a proper end of this one. */
  reopen(): Promise<StateStore>;
  /** Takes an entry away behind the store's back; absent: the adapter can't be damaged from outside. */
  damage?(key: string): Promise<void>;
  close(): Promise<void>;
}

/** What every StateStore promises. */
export function stateStoreContract(
  name: string,
  make: () => Promise<StateStoreFixture>,
  options: ContractOptions = {},
): void {
  contract(name, options, (check) => {
    const on = (title: string, run: (fixture: StateStoreFixture) => Promise<void>) =>
      check(title, async () => {
        const fixture = await make();
        try {
          await run(fixture);
        } finally {
          await fixture.close();
        }
      });
    chains(on);
    owners(on);
  });
}

type On = (title: string, run: (fixture: StateStoreFixture) => Promise<void>) => void;

function chains(on: On): void {
  on('nothing is saved at first', async ({ state, key }) => {
    expect(await state.takeOver(key(), 'token')).toBeNull();
  });

  on('a take-over without a checkpoint still saves nothing', async ({ state, key, reopen }) => {
    const lane = key();
    await state.takeOver(lane, 'one');
    expect(await state.takeOver(lane, 'two')).toBeNull();
    expect(await (await reopen()).takeOver(lane, 'three')).toBeNull();
  });

  on('gives back what a chain of checkpoints comes to', async ({ state, key, reopen }) => {
    const lane = key();
    await state.takeOver(lane, 't');
    const steps = [
      checkpoint('t', 0, { a: 'a0', b: 'b0', 'ä☂': 'c0' }),
      checkpoint('t', 1, { a: 'a1', d: '' }, ['b']),
      checkpoint('t', 2, { b: 'b2' }, ['never there']),
      checkpoint('t', 3, {}, ['a']),
    ];
    for (const step of steps) expect(await state.checkpoint(lane, step)).toBe(true);
    const expected = { number: 4, head: 'head 3', entries: { 'ä☂': 'c0', d: '', b: 'b2' } };
    expect(plain(await state.takeOver(lane, 'u'))).toEqual(expected);
    expect(plain(await (await reopen()).takeOver(lane, 'v'))).toEqual(expected);
  });

  on('an empty checkpoint moves the head and the number', async ({ state, key }) => {
    const lane = key();
    await state.takeOver(lane, 't');
    await state.checkpoint(lane, checkpoint('t', 0, {}));
    expect(plain(await state.takeOver(lane, 'u'))).toEqual({ number: 1, head: 'head 0', entries: {} });
  });

  on('keeps bytes as they are', async ({ state, key }) => {
    const lane = key();
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    await state.takeOver(lane, 't');
    await state.checkpoint(lane, {
      token: 't',
      base: 0,
      head: 'ä"\0☂',
      puts: new Map([['k', bytes]]),
      deletes: [],
    });
    const saved = await state.takeOver(lane, 'u');
    expect(saved?.head).toBe('ä"\0☂');
    expect([...saved!.entries.get('k')!]).toEqual([...bytes]);
  });

  on('keeps large states through many checkpoints', async ({ state, key, reopen }) => {
    const lane = key();
    const expected = new Map<string, string>();
    await state.takeOver(lane, 't');
    for (let base = 0; base < 40; base++) {
      const puts: Record<string, string> = {};
      const deletes: string[] = [];
      for (let i = 0; i < 500; i++)
        puts[`entry ${(base * 211 + i * 7) % 6_000}`] = `${base}:${'x'.repeat(100)}`;
      for (let i = 0; i < 50; i++) deletes.push(`entry ${(base * 97 + i * 11) % 6_000}`);
      for (const name of deletes) delete puts[name];
      for (const [name, value] of Object.entries(puts)) expected.set(name, value);
      for (const name of deletes) expected.delete(name);
      expect(await state.checkpoint(lane, checkpoint('t', base, puts, deletes))).toBe(true);
    }
    const saved = plain(await (await reopen()).takeOver(lane, 'u'));
    expect(saved?.number).toBe(40);
    expect(saved?.entries).toEqual(Object.fromEntries(expected));
  });

  on('keeps keys apart', async ({ state, key }) => {
    const [one, other] = [key(), key()];
    await state.takeOver(one, 't');
    await state.takeOver(other, 't');
    await state.checkpoint(one, checkpoint('t', 0, { a: '1' }));
    await state.checkpoint(other, checkpoint('t', 0, { a: '2' }));
    await state.remove(one);
    expect(await state.takeOver(one, 'u')).toBeNull();
    expect(plain(await state.takeOver(other, 'u'))?.entries).toEqual({ a: '2' });
  });

  on('after remove the chain begins anew', async ({ state, key, reopen }) => {
    const lane = key();
    await state.takeOver(lane, 't');
    await state.checkpoint(lane, checkpoint('t', 0, { a: '1' }));
    await state.remove(lane);
    expect(await state.checkpoint(lane, checkpoint('t', 1, { b: '2' }))).toBe(false);
    await state.takeOver(lane, 'u');
    expect(await state.checkpoint(lane, checkpoint('u', 0, { c: '3' }))).toBe(true);
    expect(plain(await (await reopen()).takeOver(lane, 'v'))).toMatchObject({
      number: 1,
      entries: { c: '3' },
    });
  });

  on('says that a state is damaged, and hands out none of it', async ({ state, key, damage, reopen }) => {
    if (!damage) throw new Error('the fixture has no damage: skip this test and say why');
    const lane = key();
    await state.takeOver(lane, 't');
    await state.checkpoint(lane, checkpoint('t', 0, { a: '1', b: '2' }));
    await state.checkpoint(lane, checkpoint('t', 1, { c: '3' }));
    await damage(lane);
    await expect((await reopen()).takeOver(lane, 'u')).rejects.toThrow(StateDamaged);
  });
}

function owners(on: On): void {
  on('refuses the former owner', async ({ state, key }) => {
    const lane = key();
    await state.takeOver(lane, 'old');
    await state.checkpoint(lane, checkpoint('old', 0, { a: '1' }));
    await state.takeOver(lane, 'new');
    expect(await state.checkpoint(lane, checkpoint('old', 1, { a: 'late' }))).toBe(false);
    expect(await state.checkpoint(lane, checkpoint('new', 1, { b: '2' }))).toBe(true);
    expect(await state.checkpoint(lane, checkpoint('old', 2, { a: 'late' }))).toBe(false);
    expect(plain(await state.takeOver(lane, 'check'))?.entries).toEqual({ a: '1', b: '2' });
  });

  on('refuses a checkpoint that builds on another than the last', async ({ state, key }) => {
    const lane = key();
    await state.takeOver(lane, 't');
    expect(await state.checkpoint(lane, checkpoint('t', 1, { a: 'early' }))).toBe(false);
    expect(await state.checkpoint(lane, checkpoint('t', 0, { a: '1' }))).toBe(true);
    expect(await state.checkpoint(lane, checkpoint('t', 0, { a: 'twice' }))).toBe(false);
    expect(await state.checkpoint(lane, checkpoint('t', 2, { a: 'ahead' }))).toBe(false);
    expect(plain(await state.takeOver(lane, 'u'))).toMatchObject({ number: 1, entries: { a: '1' } });
  });

  on('refuses one who never took over', async ({ state, key }) => {
    const lane = key();
    expect(await state.checkpoint(lane, checkpoint('t', 0, { a: '1' }))).toBe(false);
    expect(await state.takeOver(lane, 'u')).toBeNull();
  });

  on('of two at once, one wins and the chain holds', async ({ state, key }) => {
    const lane = key();
    await state.takeOver(lane, 't');
    const answers = await Promise.all(
      ['x', 'y', 'z'].map((value) => state.checkpoint(lane, checkpoint('t', 0, { a: value }))),
    );
    expect(answers.filter(Boolean)).toHaveLength(1);
    const winner = ['x', 'y', 'z'][answers.indexOf(true)];
    expect(plain(await state.takeOver(lane, 'u'))).toMatchObject({ number: 1, entries: { a: winner } });
  });

  on('a take-over during a checkpoint sees it or refuses it', async ({ state, key }) => {
    const lane = key();
    await state.takeOver(lane, 'old');
    const [written, saved] = await Promise.all([
      state.checkpoint(lane, checkpoint('old', 0, { a: '1' })),
      state.takeOver(lane, 'new'),
    ]);
    expect(saved !== null).toBe(written);
    expect(await state.checkpoint(lane, checkpoint('new', written ? 1 : 0, { b: '2' }))).toBe(true);
  });
}

function checkpoint(
  token: string,
  base: number,
  puts: Readonly<Record<string, string>>,
  deletes: readonly string[] = [],
): Checkpoint {
  const entries = Object.entries(puts).map(([name, value]) => [name, Buffer.from(value)] as const);
  return { token, base, head: `head ${base}`, puts: new Map(entries), deletes };
}

function plain(saved: SavedState | null) {
  if (!saved) return null;
  const entries: Record<string, string> = {};
  for (const [name, value] of saved.entries) entries[name] = Buffer.from(value).toString();
  return { number: saved.number, head: saved.head, entries };
}
