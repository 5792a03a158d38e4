import { isoTime } from './refusals.ts';

/** The fields of a script at `POST /webhooks/<key>`, as a client sends them. */
export function scriptFields(key: string): Record<string, unknown> {
  return {
    description: `Configuration ${key}`,
    isEnabled: true,
    path: `/webhooks/${key}`,
    action: 'POST',
    executionType: 2,
    executionCode: 'return context.body;',
  };
}

/** What a script's configuration shows of the settings that it does not have. */
export const unsetSettings = {
  commandName: null,
  commandChain: null,
  processDefinitionId: null,
  allowableIPs: null,
  verification: null,
  inputMapping: null,
  activationCondition: null,
  bodySchema: null,
  responseExpression: null,
  idempotency: null,
  responseMode: 'sync',
  timeoutMs: null,
  orderingKey: null,
  retry: null,
  rateLimit: null,
  maxConcurrency: null,
};

/** Such a configuration as every answer shows it: all of its fields and no other. */
export function scriptView(key: string, differing: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: 1,
    key,
    ...scriptFields(key),
    ...unsetSettings,
    version: 1,
    hasDraft: false,
    accountId: 'default',
    ownerId: 'cli_',
    isOwnerEnabled: true,
    createdAt: isoTime,
    updatedAt: isoTime,
    ...differing,
  };
}
