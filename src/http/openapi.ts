import { z } from 'zod';
import type { RequestClass, RequestRegistry } from '../bus/index.ts';
import { accessPaths } from './openapi-access.ts';
import { accountParameter, failure, jsonBody, type Schema, textParameter } from './openapi-parts.ts';
import { VERSION } from '../platform/version.ts';

const envelopes = {
  Success: {
    type: 'object',
    required: ['success', 'data', 'message'],
    properties: { success: { const: true }, data: {}, message: { type: 'string' } },
  },
  Failure: {
    type: 'object',
    required: ['success', 'data', 'message', 'errors', 'code'],
    properties: {
      success: { const: false },
      data: { type: 'null' },
      message: { type: 'string' },
      errors: { type: 'array', items: { type: 'string' } },
      code: { type: 'string', description: 'Stable and machine-readable: <slice>.<reason>' },
    },
  },
};

/** OpenAPI 3.1 of everything we answer, with one schema for each built-in `$type`, made from the registry. */
export function openApiDocument(registry: RequestRegistry): Schema {
  const requests = registry.all();
  return {
    openapi: '3.1.0',
    info: {
      title: 'Signalbox',
      version: VERSION,
      description: 'Receives webhooks, records them and runs what you attach to them.',
    },
    servers: [{ url: '/' }],
    paths: paths(requests),
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
      },
      schemas: {
        ...envelopes,
        ...Object.fromEntries(requests.map((request) => [request.name, requestSchema(request)])),
      },
    },
  };
}

function requestSchema({ name, spec }: RequestClass): Schema {
  const schema = z.toJSONSchema(spec.input, { io: 'input', unrepresentable: 'any' }) as Schema & {
    properties?: Schema;
    required?: string[];
  };
  const { $schema: _dialect, ...rest } = schema;
  return {
    ...rest,
    description: `A ${spec.kind} that needs the permission ${spec.permission}.`,
    required: ['$type', ...(schema.required ?? [])],
    properties: { $type: { const: name }, ...schema.properties },
  };
}

function paths(requests: readonly RequestClass[]): Schema {
  const refs = requests.map(({ name }) => ({ $ref: `#/components/schemas/${name}` }));
  const mapping = Object.fromEntries(requests.map(({ name }) => [name, `#/components/schemas/${name}`]));
  return {
    '/api/bpm/cmd': {
      post: {
        operationId: 'command',
        tags: ['Commands and queries'],
        summary: 'Give a command or ask a query',
        security: [{ bearer: [] }, { apiKey: [] }],
        parameters: [accountParameter],
        requestBody: {
          required: true,
          content: {
            'application/json': {
              schema: { oneOf: refs, discriminator: { propertyName: '$type', mapping } },
              examples: Object.fromEntries(requests.map(exampleOf)),
            },
          },
        },
        responses: {
          200: { description: 'Done', ...jsonBody({ $ref: '#/components/schemas/Success' }) },
          400: failure('Malformed JSON, unknown $type or failed validation'),
          401: failure('No or bad credentials'),
          403: failure('The permission is missing'),
          404: failure('Not found'),
          409: failure('Conflict'),
          413: failure('Body over the limit'),
          415: failure('Not JSON'),
          429: failure('Over the rate'),
          500: failure('A surprise; nothing of it is shown'),
          503: failure('A part we need is away; nothing was lost'),
        },
      },
    },
    ...accessPaths(),
    ...webHookPaths(),
    ...streamPath(),
    ...operationsPaths(),
  };
}

function operationsPaths(): Schema {
  return {
    '/health/live': {
      get: {
        operationId: 'live',
        tags: ['Operations'],
        summary: 'The process answers',
        responses: { 200: { description: 'Alive' } },
      },
    },
    '/health/ready': {
      get: {
        operationId: 'ready',
        tags: ['Operations'],
        summary: 'Every part it needs answers',
        responses: { 200: { description: 'Ready' }, 503: { description: 'A part is away' } },
      },
    },
    '/metrics': {
      get: {
        operationId: 'metrics',
        tags: ['Operations'],
        summary:
          'What an operator watches, as Prometheus reads it; with METRICS_TOKEN as Bearer where that is set',
        responses: {
          200: { description: 'Metrics', content: { 'text/plain': { schema: { type: 'string' } } } },
          401: failure('No or another token than METRICS_TOKEN'),
        },
      },
    },
  };
}

function exampleOf({ name, spec }: RequestClass): [string, Schema] {
  return [name, { value: { $type: name, ...spec.example } }];
}

function streamPath(): Schema {
  return {
    '/api/executions/stream': {
      get: {
        operationId: 'streamExecutions',
        tags: ['Executions'],
        summary: 'Watch executions as they change, as server-sent events',
        security: [{ bearer: [] }, { apiKey: [] }],
        parameters: [
          accountParameter,
          textParameter('key', 'query', 'Only those of this configuration'),
          textParameter('status', 'query', 'Only changes to this status'),
          textParameter('Last-Event-ID', 'header', 'Go on after this event'),
        ],
        responses: {
          200: {
            description:
              'Events `execution`, each with what a list shows of it, and `reset`: read the list again',
            content: { 'text/event-stream': { schema: { type: 'string' } } },
          },
          400: failure('An unknown filter, or credentials in the URL'),
          401: failure('No or bad credentials'),
          403: failure('The permission executions:read is missing'),
          429: failure('Too many streams of one caller'),
          503: failure('The server is stopping'),
        },
      },
    },
  };
}

const webHookOperation = (method: string) => ({
  operationId: `webhook${method}`,
  tags: ['Webhooks'],
  summary: 'Call the webhook of a key',
  parameters: [{ name: 'key', in: 'path', required: true, schema: { type: 'string' } }],
  responses: {
    200: { description: "The configuration's answer" },
    404: failure('No such webhook for this method'),
  },
});

function webHookPaths(): Schema {
  const methods = ['get', 'post', 'put', 'patch', 'delete'];
  return {
    '/api/webhooks/dynamic/{key}': Object.fromEntries(
      methods.map((method) => [method, webHookOperation(method)]),
    ),
  };
}
