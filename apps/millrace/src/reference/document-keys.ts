import { NAME_PATTERN } from '@millrace/pipeline/schema-parts';

type Schema = Readonly<Record<string, unknown>>;

/** A key of the document, as a reader needs it. Texts; empty where there is nothing to say. */
export interface DocumentKey {
  /** From its section: `rules[].check`; NAME stands for a name that the document gives. */
  readonly path: string;
  readonly value: string;
  readonly standard: string;
  readonly meaning: string;
  readonly example: string;
  /** Whether it holds others. */
  readonly holds: boolean;
}

/** The document's own keys without others below them, and the names of those that have some. */
export function sectionsOf(schema: Schema): {
  readonly single: readonly DocumentKey[];
  readonly sections: readonly string[];
} {
  const own = propertiesOf(schema);
  const sections = Object.keys(own).filter((name) => below(own[name]!).length > 0);
  const single = Object.entries(own).filter(([name]) => !sections.includes(name));
  return { single: single.map(([name, each]) => keyOf(name, each, isRequired(schema, name))), sections };
}

/** Every key below a section, in the schema's order. */
export function keysOf(schema: Schema, section: string): readonly DocumentKey[] {
  return walk(propertiesOf(schema)[section]!, '');
}

function walk(holder: Schema, prefix: string): readonly DocumentKey[] {
  return below(holder).flatMap(([step, schema, required]) => {
    const path = prefix === '' || step.startsWith('[') ? `${prefix}${step}` : `${prefix}.${step}`;
    const deeper = walk(schema, path);
    // A list's items are no key of their own.
    return step === '[]'
      ? deeper
      : [keyOf(path.replace(/^\[\]\./, ''), schema, required), ...deeper].map(unlisted);
  });
}

/** The items of a section that is a list: `name`, not `[].name`. */
const unlisted = (key: DocumentKey): DocumentKey => ({ ...key, path: key.path.replace(/^\[\]\.?/, '') });

type Below = readonly (readonly [step: string, schema: Schema, required: boolean])[];

function below(schema: Schema): Below {
  const whole = withoutShorthand(schema);
  const named = Object.entries(propertiesOf(whole)).map(
    ([name, each]) => [name, each, isRequired(whole, name)] as const,
  );
  const others = whole.additionalProperties;
  const items = whole.items as Schema | undefined;
  return [
    ...named,
    ...(typeof others === 'object' ? [['NAME', others as Schema, false] as const] : []),
    ...(items !== undefined && below(items).length > 0 ? [['[]', items, false] as const] : []),
  ];
}

const propertiesOf = (schema: Schema): Readonly<Record<string, Schema>> =>
  (schema.properties ?? {}) as Readonly<Record<string, Schema>>;

const isRequired = (schema: Schema, name: string): boolean =>
  ((schema.required ?? []) as readonly string[]).includes(name);

/** The written-out form of what may also be written as a scalar. */
function withoutShorthand(schema: Schema): Schema {
  const forms = schema.anyOf as readonly Schema[] | undefined;
  return forms?.find(({ properties }) => properties !== undefined) ?? schema;
}

function keyOf(path: string, schema: Schema, required: boolean): DocumentKey {
  const description = String(schema.description ?? '');
  const said = / ?\bDefault: (.*?)\.?(?: \(expression\))?$/.exec(description);
  const [example] = (schema.examples ?? []) as readonly unknown[];
  return {
    path,
    value: valueText(schema),
    standard: required ? 'required' : (said?.[1] ?? defaultOf(schema)),
    meaning: description.replace(said?.[0] ?? '', '').replace(/ \(expression\)$/, ''),
    example: example === undefined ? '' : flow(example),
    holds: below(schema).length > 0,
  };
}

const FORMATS: Readonly<Record<string, string>> = {
  duration: 'duration',
  rate: 'rate',
  bytes: 'size',
  path: 'path',
  secret: 'text or secret',
};

function valueText(schema: Schema): string {
  const { type, format } = schema;
  if (schema.anyOf !== undefined) {
    const [short, whole] = schema.anyOf as readonly Schema[];
    return `${valueText(short!)}, or ${valueText(whole!)}`;
  }
  if (schema.enum !== undefined) return (schema.enum as readonly unknown[]).map(shown).join(' | ');
  if (schema.const !== undefined) return shown(schema.const);
  if (schema.pattern === NAME_PATTERN) return 'name';
  if (Array.isArray(type)) return type.includes('object') ? 'path, or mapping' : 'expression';
  if (typeof format === 'string' && format in FORMATS) return FORMATS[format]!;
  if (type === 'integer') return `integer${range(schema)}`;
  if (type === 'number') return `number${range(schema)}`;
  return (
    { string: 'text', array: 'list', object: 'mapping', boolean: 'true | false' }[String(type)] ??
    String(type)
  );
}

const shown = (value: unknown): string => (value === '\t' ? 'tab' : String(value));

function range({ minimum, maximum, exclusiveMinimum }: Schema): string {
  if (minimum !== undefined && maximum !== undefined) return ` ${minimum} to ${maximum}`;
  if (minimum !== undefined) return ` from ${minimum}`;
  return exclusiveMinimum === undefined ? '' : ` above ${exclusiveMinimum}`;
}

function defaultOf(schema: Schema): string {
  const { default: standard } = schema;
  if (standard === undefined || typeof standard === 'object') return '';
  return String(standard);
}

/** As it is written in YAML's braces. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  if (Object.keys(value).length === 0) return '{}';
  return `{ ${Object.entries(value)
    .map(([name, item]) => `${name}: ${flow(item)}`)
    .join(', ')} }`;
}
