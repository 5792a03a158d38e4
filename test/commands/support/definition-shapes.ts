import { isoTime } from './refusals.ts';

/** The fields of a command that is a script, but for its name. */
export const scriptDefinition = {
  description: 'Adds one',
  permission: 'webhooks:read',
  inputSchema: { type: 'object', required: ['n'], properties: { n: { type: 'integer' } } },
  executionCode: 'return context.input.n + 1;',
};

/** The fields of a command that is an endpoint. */
export const endpointDefinition = {
  description: 'Reserves stock',
  permission: 'webhooks:read',
  inputSchema: { properties: { sku: { type: 'string' } } },
  http: { method: 'POST', url: 'https://warehouse.example.com/reservations', headers: { 'X-Shop': 'north' } },
};

/** The script as every answer shows it. */
export function definitionView(name: string, differing: object = {}): Record<string, unknown> {
  return {
    name,
    ...scriptDefinition,
    http: null,
    secretHeaders: [],
    version: 1,
    accountId: 'default',
    isOwnerEnabled: true,
    createdAt: isoTime,
    updatedAt: isoTime,
    ...differing,
  };
}
