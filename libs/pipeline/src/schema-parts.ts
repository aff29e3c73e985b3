export type JsonSchema = Readonly<Record<string, unknown>>;

/** Names that a document gives. */
export const NAME_PATTERN = '^[a-z][a-z0-9_]*$';
const MAX_NAME = 64;

export const name = (description: string, example: string): JsonSchema => ({
  type: 'string',
  pattern: NAME_PATTERN,
  maxLength: MAX_NAME,
  description,
  examples: [example],
});
/** Columns become fields of Avro records. */
export const column: JsonSchema = {
  type: 'string',
  pattern: '^(?!__proto__$)[A-Za-z_][A-Za-z0-9_]*$',
  maxLength: MAX_NAME,
};
export const names: JsonSchema = { pattern: NAME_PATTERN, maxLength: MAX_NAME };
export const text = (description: string, example: string): JsonSchema => ({
  type: 'string',
  minLength: 1,
  description,
  examples: [example],
});
/** What makes a document a bundle. */
export const bundledFiles: JsonSchema = {
  type: 'object',
  patternProperties: { '.': { type: 'string' } },
  description: 'The texts of files that the document names, by path; `millrace bundle` writes them.',
  examples: [{ './payment.avsc': '…' }],
};
export const expression = (description: string, example: string): JsonSchema => ({
  type: ['string', 'number', 'boolean'],
  minLength: 1,
  description: `${description} (expression)`,
  examples: [example],
});
export const duration = (description: string, example: string, standard?: string): JsonSchema => ({
  type: 'string',
  format: 'duration',
  description: standard === undefined ? description : `${description} Default: ${standard}.`,
  examples: [example],
  ...(standard === undefined ? {} : { default: standard }),
});
export const choice = (description: string, values: readonly string[], standard: string): JsonSchema => ({
  enum: values,
  description: `${description} Default: ${standard}.`,
  examples: [values.find((value) => value !== standard) ?? standard],
  default: standard,
});
/** A list, or a section, that is empty where the document has none. */
export const list = (items: JsonSchema, description: string, more: JsonSchema = {}): JsonSchema => ({
  type: 'array',
  items,
  description,
  ...more,
});

export interface Shape {
  readonly required?: readonly string[];
  readonly properties: Readonly<Record<string, JsonSchema>>;
  readonly description?: string;
}

export const object = ({ required = [], properties, description }: Shape): JsonSchema => ({
  type: 'object',
  ...(description === undefined ? {} : { description }),
  ...(required.length > 0 ? { required } : {}),
  properties,
  additionalProperties: false,
});
