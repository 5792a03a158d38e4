import { failure, jsonBody, type Schema } from './openapi-parts.ts';

/** How people sign in, machines get tokens, and anybody verifies them. */
export function accessPaths(): Schema {
  return { ...signInPaths(), ...tokenPath(), ...keysPath() };
}

const post = (operationId: string, summary: string, schema: Schema) => ({
  post: {
    operationId,
    tags: ['Signing in'],
    summary,
    requestBody: { required: true, ...jsonBody(schema) },
    responses: {
      200: { description: 'Done', ...jsonBody({ $ref: '#/components/schemas/Success' }) },
      401: failure('Refused'),
      429: failure('Too many failed logins'),
    },
  },
});

function signInPaths(): Schema {
  const token = {
    type: 'object',
    required: ['refreshToken'],
    properties: { refreshToken: { type: 'string' } },
  };
  const login = {
    type: 'object',
    required: ['username', 'password'],
    properties: { username: { type: 'string' }, password: { type: 'string' } },
  };
  const password = {
    type: 'object',
    required: ['username', 'password', 'newPassword'],
    properties: { ...login.properties, newPassword: { type: 'string', minLength: 8 } },
  };
  return {
    '/api/auth/login': post('login', 'Sign in with name and password', login),
    '/api/auth/refresh': post('refresh', 'Trade a refresh token for new tokens', token),
    '/api/auth/logout': post('logout', 'End a refresh token', token),
    '/api/auth/password': post('changePassword', 'Choose another password', password),
  };
}

function tokenPath(): Schema {
  const text = { type: 'string' };
  const refused = (description: string) => ({
    description,
    ...jsonBody({
      type: 'object',
      required: ['error', 'error_description'],
      properties: { error: text, error_description: text },
    }),
  });
  const form = {
    type: 'object',
    required: ['grant_type'],
    properties: {
      grant_type: { const: 'client_credentials' },
      client_id: { ...text, description: 'Unless it is sent by HTTP Basic' },
      client_secret: text,
      scope: { ...text, description: 'Permissions, separated by spaces' },
    },
  };
  const token = {
    type: 'object',
    required: ['access_token', 'token_type', 'expires_in', 'scope'],
    properties: {
      access_token: text,
      token_type: { const: 'bearer' },
      expires_in: { type: 'integer', description: 'Seconds' },
      scope: text,
    },
  };
  return {
    '/oauth/token': {
      post: {
        operationId: 'token',
        tags: ['Signing in'],
        summary: 'Trade a client secret for a token (RFC 6749, client credentials)',
        requestBody: { required: true, content: { 'application/x-www-form-urlencoded': { schema: form } } },
        responses: {
          200: { description: 'A token for an hour', ...jsonBody(token) },
          400: refused('invalid_request, invalid_scope or unsupported_grant_type'),
          401: refused('invalid_client'),
          429: refused('Too many failed attempts'),
        },
      },
    },
  };
}

function keysPath(): Schema {
  return {
    '/.well-known/jwks.json': {
      get: {
        operationId: 'publicKeys',
        tags: ['Signing in'],
        summary: 'The public keys of our tokens (RFC 7517)',
        responses: { 200: { description: 'The keys', ...jsonBody({ type: 'object' }) } },
      },
    },
  };
}
