import { z } from 'zod';
import { permissions } from '../../bus/index.ts';
import { isSecretName } from '../../platform/masking.rules.ts';

const SCHEMA_LENGTH_MAX = 65_536;
const EXECUTION_CODE_LENGTH_MAX = 262_144;
const HEADERS_MAX = 50;

/** Definitions that one account may have: all of them lie in memory. */
export const DEFINITIONS_PER_ACCOUNT_MAX = 1_000;

/** As the commands of the server are named. */
export const definitionName = z
  .string()
  .min(1)
  .regex(
    /^[A-Z][A-Za-z0-9]{0,99}Command$/,
    'must be letters and digits, begin with a capital letter and end with "Command"',
  );

export const definitionId = z.string().min(1).max(100);

const headers = z
  .record(z.string().min(1).max(200), z.string().max(8192))
  .refine((given) => Object.keys(given).length <= HEADERS_MAX, `must have at most ${HEADERS_MAX} entries`);

/** The methods of an endpoint: those without a body get the fields as its query. */
const endpointMethods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** What a save writes, but for the name. */
export const definitionFields = {
  description: z.string().min(1).max(1000),
  inputSchema: z.record(z.string(), z.unknown()),
  permission: z.enum(permissions),
  http: z
    .strictObject({
      method: z.enum(endpointMethods),
      url: z.string().min(1).max(8192),
      headers: headers.optional(),
      timeoutMs: z.int().min(1).max(60_000).default(15_000),
    })
    .optional(),
  /** Headers whose values nobody reads again. */
  secretHeaders: headers.optional(),
  executionCode: z.string().min(1).max(EXECUTION_CODE_LENGTH_MAX).optional(),
};

export type DefinitionFields = z.output<z.ZodObject<typeof definitionFields>>;

/** The fields as they are stored: the values of secret headers sealed, in Base64. */
export type DefinitionContent = Omit<DefinitionFields, 'secretHeaders'> & {
  sealedHeaders: Readonly<Record<string, string>>;
};

/** What is wrong with the fields among themselves: one sentence for each fault. */
export function definitionFaults(fields: DefinitionFields): string[] {
  const { http, executionCode, secretHeaders = {}, inputSchema } = fields;
  const faults = schemaFaults(inputSchema);
  if (http && executionCode !== undefined) faults.push('Only one of http and executionCode can be given');
  if (!http && executionCode === undefined) faults.push('One of http and executionCode is required');
  if (!http && Object.keys(secretHeaders).length > 0) faults.push('SecretHeaders are for http only');
  for (const name of Object.keys(http?.headers ?? {}))
    if (isSecretName(name)) faults.push(`Http.headers.${name} is a credential: it belongs to secretHeaders`);
  return faults;
}

function schemaFaults(schema: Record<string, unknown>): string[] {
  const { type = 'object', properties = {} } = schema;
  if (JSON.stringify(schema).length > SCHEMA_LENGTH_MAX)
    return [`InputSchema must be at most ${SCHEMA_LENGTH_MAX} characters long as JSON`];
  if (type !== 'object') return ['InputSchema must be of the type "object": a command has fields'];
  if (typeof properties !== 'object' || properties === null || Array.isArray(properties))
    return ['InputSchema.properties must be an object'];
  return Object.hasOwn(properties, '$type')
    ? ['InputSchema.properties.$type cannot be: it names the command']
    : [];
}

/** Keywords by which properties may be known that `properties` beside them does not name. */
const applicators = ['$ref', '$dynamicRef', 'allOf', 'anyOf', 'oneOf', 'if', 'dependentSchemas'];

/** The schema as inputs are checked with it: unknown fields are refused unless it says itself what is with them. */
export function wholeSchema(schema: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const isOpen = ['additionalProperties', 'unevaluatedProperties'].some((key) => Object.hasOwn(schema, key));
  const closing = applicators.some((key) => Object.hasOwn(schema, key))
    ? 'unevaluatedProperties'
    : 'additionalProperties';
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    ...schema,
    ...(!isOpen && { [closing]: false }),
  };
}

/** A reason of the expression engine as commands say it: `body/a must be string` → `A must be string`. */
export function inputSentence(reason: string): string {
  const [, path = '', said = reason] = /^body(\S*) ([\s\S]*)$/.exec(reason) ?? [];
  const place = path.slice(1).replaceAll('/', '.');
  const within = (name: string) => (place === '' ? name : `${place}.${name}`);
  const missing = /^must have required property '(.*)'$/s.exec(said);
  if (missing) return `${capital(within(missing[1]!))} is required`;
  const unknown = /^must NOT have (?:additional|unevaluated) properties: "(.*)"$/s.exec(said);
  if (unknown) return `Unknown field "${within(unknown[1]!).slice(0, 100)}"`;
  return place === '' ? `The input ${said}` : `${capital(place)} ${said}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The fields as a query's parameters: lists repeat their name, objects are JSON, nothing is left out but null. */
export function queryOf(input: Readonly<Record<string, unknown>>): [string, string][] {
  return Object.entries(input).flatMap(([name, value]) =>
    (Array.isArray(value) ? (value as unknown[]) : [value]).flatMap((item): [string, string][] =>
      item === null ? [] : [[name, typeof item === 'object' ? JSON.stringify(item) : String(item)]],
    ),
  );
}
