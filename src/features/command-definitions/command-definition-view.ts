import { isoTime } from '../../platform/clock.ts';
import type { CommandDefinitionEntity } from './command-definition.entity.ts';

/** A definition as every answer shows it; of a secret header only that it is there. */
export function definitionView(definition: CommandDefinitionEntity, isOwnerEnabled: boolean) {
  const { id, name, version, accountId, ownerId, content } = definition;
  const { description, permission, inputSchema, http, executionCode, sealedHeaders } = content;
  return {
    id,
    name,
    description,
    permission,
    inputSchema,
    http: http ? { ...http, headers: http.headers ?? {} } : null,
    secretHeaders: Object.keys(sealedHeaders).map((header) => ({ name: header, hasSecret: true })),
    executionCode: executionCode ?? null,
    version,
    accountId,
    ownerId,
    isOwnerEnabled,
    createdAt: isoTime(definition.createdAt),
    updatedAt: isoTime(definition.updatedAt),
  };
}
