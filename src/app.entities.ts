import {
  ApiClientEntity,
  ClientCredentialEntity,
  RefreshTokenEntity,
  SigningKeyEntity,
  UserEntity,
} from './features/access/index.ts';
import { AuditLogEntity } from './features/audit-log/index.ts';
import {
  CommandDefinitionEntity,
  CommandDefinitionVersionEntity,
} from './features/command-definitions/index.ts';
import { EventEntity } from './features/events/index.ts';
import { ExecutionEntity } from './features/executions/index.ts';
import {
  IntegrationCheckEntity,
  IntegrationEffectEntity,
  IntegrationNotificationEntity,
} from './features/integrations/index.ts';
import { SecretVersionEntity } from './features/secrets/index.ts';
import { WebHookConfigEntity, WebHookConfigVersionEntity } from './features/webhook-configs/index.ts';

/** Every table that TypeORM knows; the server and the TypeORM command line (ormconfig.ts) share the list. */
export const entities = [
  ApiClientEntity,
  AuditLogEntity,
  ClientCredentialEntity,
  CommandDefinitionEntity,
  CommandDefinitionVersionEntity,
  EventEntity,
  ExecutionEntity,
  IntegrationCheckEntity,
  IntegrationEffectEntity,
  IntegrationNotificationEntity,
  RefreshTokenEntity,
  SecretVersionEntity,
  SigningKeyEntity,
  UserEntity,
  WebHookConfigEntity,
  WebHookConfigVersionEntity,
] as const;
