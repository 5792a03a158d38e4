import { isoTime } from '../../platform/clock.ts';
import { verificationView } from '../verification/index.ts';
import type { WebHookConfigEntity } from './webhook-config.entity.ts';
import {
  completed,
  type ConfigContent,
  type ConfigSnapshot,
  contentOf,
  lacksSecrets,
} from './webhook-config-snapshot.rules.ts';
import type { WebHookConfigVersionEntity } from './webhook-config-version.entity.ts';

/** What a save writes, as every answer shows it: absent settings are null, secrets are `hasSecret`. */
function contentView({ settings, ...content }: ConfigContent) {
  return {
    description: content.description,
    isEnabled: content.isEnabled,
    path: content.path,
    action: content.action,
    executionType: content.executionType,
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
  };
}

/** A configuration as every answer shows it; times are ISO 8601 UTC. */
export function configView(config: WebHookConfigEntity, isOwnerEnabled: boolean) {
  return {
    id: config.id,
    key: config.key,
    ...contentView(config),
    version: config.version,
    hasDraft: config.draft !== null,
    accountId: config.accountId,
    ownerId: config.ownerId,
    isOwnerEnabled,
    createdAt: isoTime(config.createdAt),
    updatedAt: isoTime(config.updatedAt),
  };
}

export type WebHookConfigView = ReturnType<typeof configView>;

/** The draft beside a configuration, as it would be published now; null: there is none. */
export function draftView({ draft, settings }: WebHookConfigEntity) {
  if (!draft) return null;
  const { savedBy, savedAt, baseVersion, snapshot } = draft;
  const content = contentOf(completed(snapshot, settings.verification));
  return { ...contentView(content), baseVersion, savedBy, savedAt: isoTime(savedAt) };
}

/** What one save wrote. */
export function versionView({ version, savedBy, savedAt, snapshot }: WebHookConfigVersionEntity) {
  return {
    version,
    savedBy,
    savedAt: isoTime(savedAt),
    ...contentView(contentOf(snapshot)),
    hasSecret: hasSecret(snapshot),
  };
}

function hasSecret(snapshot: ConfigSnapshot): boolean {
  const { scheme = 'none' } = snapshot.verification ?? {};
  return scheme !== 'none' && !lacksSecrets(snapshot);
}
