export type Schema = Record<string, unknown>;

export const jsonBody = (schema: Schema) => ({ content: { 'application/json': { schema } } });

export const failure = (description: string) => ({
  description,
  ...jsonBody({ $ref: '#/components/schemas/Failure' }),
});

export const textParameter = (name: string, where: string, description: string) => ({
  name,
  in: where,
  description,
  schema: { type: 'string' },
});

export const accountParameter = textParameter(
  'X-Account-Id',
  'header',
  'The account to act in; only who is bound to none may name one',
);
