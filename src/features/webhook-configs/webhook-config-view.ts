import { isoTime } from '../../platform/clock.ts';
import { verificationView } from '../verification/index.ts';
import type { WebHookConfigEntity } from './webhook-config.entity.ts';

/** A configuration as every answer shows it; times are ISO 8601 UTC, absent settings are null. */
export function configView(config: WebHookConfigEntity, isOwnerEnabled: boolean) {
  const { settings } = config;
  return {
    id: config.id,
    key: config.key,
    description: config.description,
    isEnabled: config.isEnabled,
    path: config.path,
    action: config.action,
    executionType: config.executionType,
    commandName: settings.commandName ?? null,
    commandChain: settings.commandChain ?? null,
    executionCode: settings.executionCode ?? null,
    processDefinitionId: settings.processDefinitionId ?? null,
    allowableIPs: settings.allowableIPs ?? null,
    verification: settings.verification ? verificationView(settings.verification) : null,
    inputMapping: settings.inputMapping ?? null,
    activationCondition: settings.activationCondition ?? null,
    bodySchema: settings.bodySchema ?? null,
    responseExpression: settings.responseExpression ?? null,
    idempotency: settings.idempotency ?? null,
    responseMode: settings.responseMode ?? 'sync',
    timeoutMs: settings.timeoutMs ?? null,
    orderingKey: settings.orderingKey ?? null,
    retry: settings.retry ?? null,
    rateLimit: settings.rateLimit ?? null,
    maxConcurrency: settings.maxConcurrency ?? null,
    version: config.version,
    accountId: config.accountId,
    ownerId: config.ownerId,
    isOwnerEnabled,
    createdAt: isoTime(config.createdAt),
    updatedAt: isoTime(config.updatedAt),
  };
}

export type WebHookConfigView = ReturnType<typeof configView>;
