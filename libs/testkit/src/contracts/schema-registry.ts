import { expect } from '@jest/globals';
import { SchemaIncompatible, type SchemaRegistry } from '@millrace/lanes/ports/registry';
import type { AvroSchema } from '@millrace/pipeline/plan';
import { type ContractOptions, contract } from './suite.ts';

export interface SchemaRegistryFixture {
  readonly registry: SchemaRegistry;
  /** A subject that is new. */
  subject(): string;
  /** The registry as another process finds it later, after a proper end of this one. */
  reopen(): Promise<SchemaRegistry>;
  close(): Promise<void>;
}

type On = (title: string, run: (fixture: SchemaRegistryFixture) => Promise<void>) => void;

const MAX_ID = 2 ** 31 - 1;

/** What every SchemaRegistry promises. */
export function schemaRegistryContract(
  name: string,
  make: () => Promise<SchemaRegistryFixture>,
  options: ContractOptions = {},
): void {
  contract(name, options, (check) => {
    const on: On = (title, run) =>
      check(title, async () => {
        const fixture = await make();
        try {
          await run(fixture);
        } finally {
          await fixture.close();
        }
      });
    ids(on);
    compatibility(on);
  });
}

function ids(on: On): void {
  on('gives a schema an id and the schema back for it', async ({ registry, subject }) => {
    const schema = record([field('amount', 'double', { default: 1.5 }), field('note', ['null', 'string'])]);
    const id = await registry.register(subject(), schema);
    expect(Number.isInteger(id) && id > 0 && id <= MAX_ID).toBe(true);
    expect(await registry.schema(id)).toEqual(schema);
  });

  on('the same schema has the same id, at once and later', async ({ registry, subject, reopen }) => {
    const name = subject();
    const schema = record([field('amount', 'double')]);
    const together = await Promise.all([1, 2, 3].map(() => registry.register(name, schema)));
    const id = together[0]!;
    expect(new Set(together).size).toBe(1);
    expect(await registry.register(name, structuredClone(schema))).toBe(id);
    const again = await reopen();
    expect(await again.register(name, schema)).toBe(id);
    expect(await again.schema(id)).toEqual(schema);
  });

  on('different schemas have different ids', async ({ registry, subject }) => {
    const name = subject();
    const one = await registry.register(name, record([field('amount', 'double')]));
    const other = await registry.register(
      name,
      record([field('amount', 'double'), field('note', 'string', { default: '' })]),
    );
    const third = await registry.register(subject(), record([field('count', 'long')]));
    expect(new Set([one, other, third]).size).toBe(3);
  });

  on('schemas that differ in a default alone are different', async ({ registry, subject }) => {
    const name = subject();
    const one = record([field('amount', 'double', { default: 1 })]);
    const other = record([field('amount', 'double', { default: 2 })]);
    const [first, second] = [await registry.register(name, one), await registry.register(name, other)];
    expect(second).not.toBe(first);
    expect(await registry.schema(first)).toEqual(one);
    expect(await registry.schema(second)).toEqual(other);
  });

  on('an id that nobody was given is null', async ({ registry }) => {
    expect(await registry.schema(MAX_ID - 7)).toBeNull();
  });
}

function compatibility(on: On): void {
  const base = record([field('amount', 'double'), field('card', 'string')]);

  const allowed: readonly (readonly [string, AvroSchema])[] = [
    ['a field with a default', record([...fieldsOf(base), field('note', 'string', { default: '' })])],
    ['a field less', record([field('amount', 'double')])],
    ['a field that may also be null', record([field('amount', ['null', 'double']), field('card', 'string')])],
    ['fields in another order', record([field('card', 'string'), field('amount', 'double')])],
  ];
  for (const [change, schema] of allowed) {
    on(`takes ${change}`, async ({ registry, subject }) => {
      const name = subject();
      const first = await registry.register(name, base);
      expect(await registry.register(name, schema)).not.toBe(first);
    });
  }

  const refused: readonly (readonly [string, AvroSchema])[] = [
    ['a field without a default', record([...fieldsOf(base), field('note', 'string')])],
    ['another type', record([field('amount', 'double'), field('card', 'long')])],
    ['a narrower type', record([field('amount', 'int'), field('card', 'string')])],
  ];
  for (const [change, schema] of refused) {
    on(`refuses ${change}, and keeps what was`, async ({ registry, subject, reopen }) => {
      const name = subject();
      const id = await registry.register(name, base);
      await expect(registry.register(name, schema)).rejects.toThrow(SchemaIncompatible);
      expect(await registry.register(name, base)).toBe(id);
      await expect((await reopen()).register(name, schema)).rejects.toThrow(SchemaIncompatible);
    });
  }

  on('an older schema that is registered again does not become the latest', async ({ registry, subject }) => {
    const name = subject();
    const withNote = (type: string, value: unknown) =>
      record([...fieldsOf(base), field('note', type, { default: value })]);
    const first = await registry.register(name, base);
    await registry.register(name, withNote('string', ''));
    expect(await registry.register(name, base)).toBe(first);
    await expect(registry.register(name, withNote('long', 0))).rejects.toThrow(SchemaIncompatible);
  });

  on('subjects are independent', async ({ registry, subject }) => {
    await registry.register(subject(), base);
    expect(await registry.register(subject(), record([field('card', 'long')]))).toBeGreaterThan(0);
  });
}

interface Field {
  readonly name: string;
  readonly type: AvroSchema;
  readonly default?: unknown;
}

function field(name: string, type: AvroSchema, parts: { readonly default?: unknown } = {}): Field {
  return { name, type, ...parts };
}

function record(fields: readonly Field[]): { readonly [key: string]: unknown } {
  return { type: 'record', name: 'Payment', namespace: 'millrace.test', fields };
}

function fieldsOf(schema: { readonly [key: string]: unknown }): readonly Field[] {
  return schema.fields as readonly Field[];
}
