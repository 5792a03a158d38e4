import { readFileSync } from 'node:fs';
import { format } from 'prettier';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Signalbox } from './support/signalbox.ts';

interface CatalogueItem {
  $type: string;
  kind: 'command' | 'query';
  permission: string;
  inputSchema: Schema;
}

interface Schema {
  $schema?: string;
  description?: string;
  type?: string;
  required?: string[];
  properties?: Record<string, unknown>;
  additionalProperties?: unknown;
}

interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  schema?: unknown;
}

interface Operation {
  operationId?: string;
  summary?: string;
  security?: Record<string, unknown>[];
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { schema: Record<string, unknown> }> };
  responses: Record<string, { description?: string }>;
}

interface OpenApi {
  openapi: string;
  info: { title: string; version: string };
  servers: { url: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema>; securitySchemes: Record<string, { type: string }> };
}

const methods = new Set(['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']);
let signalbox: Signalbox;
let catalogue: CatalogueItem[];
let document: OpenApi;

beforeAll(async () => {
  signalbox = await Signalbox.start();
  const { body } = await signalbox.command<{ items: CatalogueItem[] }>('GetCommandCatalogueQuery');
  catalogue = body.data.items;
  document = (await (await fetch(`${signalbox.url}/api/openapi.json`)).json()) as OpenApi;
});
afterAll(() => signalbox.stop());

/** Every operation with the place where it stands. */
function operations(): [where: string, operation: Operation][] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]): [string, Operation] => [`${method} ${path}`, operation]),
  );
}

/** Every `$ref` at any depth. */
function refsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, held]) =>
    name === '$ref' && typeof held === 'string' ? [held] : refsIn(held),
  );
}

function resolved(ref: string): unknown {
  if (!ref.startsWith('#/')) return undefined;
  return ref
    .slice(2)
    .split('/')
    .reduce<unknown>((held, name) => (held as Record<string, unknown> | undefined)?.[name], document);
}

/** Whoever may guess at secrets without an end has to be one who may set them; who may do what is no business of viewers. */
function isElse({ $type, permission }: CatalogueItem): boolean {
  return $type === 'TestWebHookVerificationQuery' || permission === 'access:manage';
}

describe('The catalogue', () => {
  it('is the one that was agreed on: kind, permission and schema of each $type change on purpose only', async () => {
    const entries = catalogue.map(({ $type, ...rest }) => [$type, rest] as const);
    const text = await format(JSON.stringify(Object.fromEntries(entries)), {
      parser: 'json',
      printWidth: 110,
    });
    await expect(text).toMatchFileSnapshot('catalogue.snapshot.json');
  });

  it('gives reading permissions to queries and others to commands', () => {
    for (const { $type, kind, permission } of catalogue.filter((item) => !isElse(item)))
      expect({ $type, isReading: permission.endsWith(':read') }).toEqual({
        $type,
        isReading: kind === 'query',
      });
  });

  it('has schemas of the dialect of 2020-12 in which unknown fields are refused', () => {
    for (const { inputSchema } of catalogue) {
      expect(inputSchema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
      expect(inputSchema.additionalProperties).toBe(false);
      expect(inputSchema.properties).not.toHaveProperty('$type');
    }
  });
});

describe('OpenAPI', () => {
  it('is served as JSON of version 3.1 to everybody', async () => {
    const response = await fetch(`${signalbox.url}/api/openapi.json`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^application\/json\b/);
    expect(document.openapi).toMatch(/^3\.1\.\d+$/);
  });

  it('names the version of the product', () => {
    const manifest = new URL('../package.json', import.meta.url);
    const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
    expect(document.info).toMatchObject({ title: 'Signalbox', version });
  });

  it('has one schema for each $type, the same as the catalogue with the $type itself', () => {
    for (const { $type, inputSchema } of catalogue) {
      const { $schema: _dialect, ...fields } = inputSchema;
      const schema = document.components.schemas[$type];
      expect(schema).toStrictEqual({
        ...fields,
        description: expect.any(String),
        required: ['$type', ...(fields.required ?? [])],
        properties: { $type: { const: $type }, ...fields.properties },
      });
    }
  });

  it('has no schema of a command that there is not', () => {
    const names = Object.keys(document.components.schemas).filter((name) => /(Command|Query)$/.test(name));
    expect(names.sort()).toStrictEqual(catalogue.map(({ $type }) => $type).sort());
  });

  it('takes each command, and no other body, at the one door', () => {
    const schema = document.paths['/api/bpm/cmd']?.['post']?.requestBody?.content['application/json']?.schema;
    const refs = catalogue.map(({ $type }) => `#/components/schemas/${$type}`);
    expect(refsIn(schema?.['oneOf'])).toStrictEqual(refs);
    expect(schema?.['discriminator']).toStrictEqual({
      propertyName: '$type',
      mapping: Object.fromEntries(catalogue.map(({ $type }, index) => [$type, refs[index]])),
    });
  });

  it('refers to nothing that is not there', () => {
    const refs = refsIn(document);
    expect(refs.length).toBeGreaterThan(catalogue.length);
    for (const ref of refs) expect([ref, resolved(ref)]).toStrictEqual([ref, expect.any(Object)]);
  });

  it('has well-formed paths, methods and operations with ids of their own', () => {
    for (const [path, item] of Object.entries(document.paths)) {
      expect(path).toMatch(/^\/[^?#]*$/);
      for (const method of Object.keys(item)) expect(methods).toContain(method);
    }
    const ids = operations().map(([, { operationId }]) => operationId);
    expect(ids).not.toContain(undefined);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('says of each operation what it does and what it answers', () => {
    for (const [where, operation] of operations()) {
      expect([where, operation.summary]).toStrictEqual([where, expect.any(String)]);
      const answers = Object.entries(operation.responses);
      expect(answers.length).toBeGreaterThan(0);
      for (const [status, { description }] of answers) {
        expect(status).toMatch(/^([1-5]\d\d|[1-5]XX|default)$/);
        expect([where, status, description]).toStrictEqual([where, status, expect.any(String)]);
      }
    }
  });

  it('declares each parameter that a path has, as required, and no other', () => {
    for (const [where, { parameters = [] }] of operations()) {
      const inTemplate = [...where.matchAll(/\{([^}]+)\}/g)].map((match) => match[1]);
      const declared = parameters.filter((parameter) => parameter.in === 'path');
      expect([where, declared.map(({ name }) => name)]).toStrictEqual([where, inTemplate]);
      for (const { required, schema } of declared) {
        expect(required).toBe(true);
        expect(schema).toBeTypeOf('object');
      }
    }
  });

  it('requires only security schemes that it declares', () => {
    const { securitySchemes } = document.components;
    const required = operations().flatMap(([, { security = [] }]) => security.flatMap(Object.keys));
    expect(new Set(required)).toStrictEqual(new Set(Object.keys(securitySchemes)));
    expect(securitySchemes).toMatchObject({
      bearer: { type: 'http', scheme: 'bearer' },
      apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
    });
  });

  it('lists every status that the command endpoint may answer with', () => {
    const statuses = Object.keys(document.paths['/api/bpm/cmd']!['post']!.responses).sort();
    const ofContract = ['200', '400', '401', '403', '404', '409', '413', '415', '429', '500', '503'];
    expect(statuses).toStrictEqual(expect.arrayContaining(ofContract));
  });
});
