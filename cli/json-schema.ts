/** The part of JSON Schema with which the catalogue describes fields. */
export interface JsonSchema {
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  items?: JsonSchema;
  default?: unknown;
  format?: string;
  pattern?: string;
  minimum?: number;
  maximum?: number;
}

export type JsonType = 'string' | 'number' | 'integer' | 'boolean' | 'object' | 'array' | 'null';

const everyType: readonly JsonType[] = ['string', 'number', 'boolean', 'object', 'array', 'null'];

/** The types of JSON that a schema takes. */
export function typesOf(schema: JsonSchema): ReadonlySet<JsonType> {
  const variants = schema.anyOf ?? schema.oneOf;
  if (variants) return new Set(variants.flatMap((variant) => [...typesOf(variant)]));
  if (schema.type !== undefined) return new Set([schema.type].flat() as JsonType[]);
  if (schema.enum) return new Set(schema.enum.map(typeOfValue));
  if ('const' in schema) return new Set([typeOfValue(schema.const)]);
  return new Set(everyType);
}

/** The values that it takes where there are few; null where there are many. */
export function choicesOf(schema: JsonSchema): unknown[] | null {
  if (schema.enum) return schema.enum;
  return 'const' in schema ? [schema.const] : null;
}

export function typeOfValue(value: unknown): JsonType {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value as JsonType;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeOfValue(value) === 'object';
}

/** The schema that holds for a value: of several, the one whose constants (a `scheme`) it has. */
export function variantFor(schema: JsonSchema, value: unknown): JsonSchema {
  const variants = schema.anyOf ?? schema.oneOf;
  if (!variants) return schema;
  const fitting = variants.filter((variant) => typesOf(variant).has(typeOfValue(value)));
  const found = isRecord(value)
    ? fitting.find((variant) =>
        Object.entries(variant.properties ?? {}).every(
          ([name, field]) => !('const' in field) || field.const === value[name],
        ),
      )
    : fitting[0];
  return found ? variantFor(found, value) : {};
}

/** The value with the defaults that the server would fill in, so that it compares with what the server shows. */
export function withDefaults(value: unknown, schema: JsonSchema): unknown {
  const variant = variantFor(schema, value);
  if (Array.isArray(value)) return value.map((item) => withDefaults(item, variant.items ?? {}));
  if (!isRecord(value)) return value;
  const filled = Object.entries(value).map(([name, held]): [string, unknown] => {
    const field = fieldOf(variant, name);
    return [name, field ? withDefaults(held, field) : held];
  });
  for (const [name, field] of Object.entries(variant.properties ?? {}))
    if (field.default !== undefined && !Object.hasOwn(value, name)) filled.push([name, field.default]);
  return Object.fromEntries(filled);
}

/** The schema of one field of an object. */
export function fieldOf(schema: JsonSchema, name: string): JsonSchema | undefined {
  return Object.hasOwn(schema.properties ?? {}, name) ? schema.properties![name] : undefined;
}
