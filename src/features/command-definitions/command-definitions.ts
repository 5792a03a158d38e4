import { Injectable } from '@nestjs/common';
import type { Caller } from '../../bus/index.ts';
import { Clock } from '../../platform/clock.ts';
import type { Tx } from '../../platform/db/index.ts';
import { newId } from '../../platform/ids.ts';
import { Callers } from '../access/index.ts';
import { CommandDefinitionDirectory } from './command-definition-directory.ts';
import { CommandDefinitionEntity } from './command-definition.entity.ts';
import {
  definitionNotFound,
  definitionVersionConflict,
  nameTaken,
  tooManyDefinitions,
} from './command-definition.errors.ts';
import {
  type DefinitionContent,
  type DefinitionFields,
  DEFINITIONS_PER_ACCOUNT_MAX,
} from './command-definition.rules.ts';
import { definitionView } from './command-definition-view.ts';
import { CommandDefinitionVersionEntity } from './command-definition-version.entity.ts';
import { SecretHeaders } from './secret-headers.ts';

/** Writes definitions within a transaction, each save a version; the directory follows each commit. */
@Injectable()
export class CommandDefinitions {
  constructor(
    private readonly directory: CommandDefinitionDirectory,
    private readonly callers: Callers,
    private readonly secretHeaders: SecretHeaders,
    private readonly clock: Clock,
  ) {}

  view(definition: CommandDefinitionEntity) {
    return definitionView(definition, this.callers.find(definition.ownerId) !== null);
  }

  /** @throws AppError 404, also for a definition of another account. */
  async mustFind(
    { manager }: Pick<Tx, 'manager'>,
    id: string,
    { accountId }: Caller,
  ): Promise<CommandDefinitionEntity> {
    const definition = await manager.findOneBy(CommandDefinitionEntity, { id, accountId });
    if (!definition) throw definitionNotFound();
    return definition;
  }

  async create(
    tx: Tx,
    name: string,
    fields: DefinitionFields,
    caller: Caller,
  ): Promise<CommandDefinitionEntity> {
    const { accountId } = caller;
    if (await tx.manager.existsBy(CommandDefinitionEntity, { name })) throw nameTaken();
    if ((await tx.manager.countBy(CommandDefinitionEntity, { accountId })) >= DEFINITIONS_PER_ACCOUNT_MAX)
      throw tooManyDefinitions(DEFINITIONS_PER_ACCOUNT_MAX);
    const now = this.clock.now();
    const definition = tx.manager.create(CommandDefinitionEntity, {
      id: newId('cdf', now),
      accountId,
      name,
      version: 0,
      createdAt: now,
    });
    return await this.save(tx, definition, this.secretHeaders.sealed(fields, null), caller);
  }

  /** @param version What it has to be, where the caller says so. */
  async update(
    tx: Tx,
    definition: CommandDefinitionEntity,
    { version, ...fields }: DefinitionFields & { version?: number | undefined },
    caller: Caller,
  ): Promise<CommandDefinitionEntity> {
    if (version !== undefined && version !== definition.version)
      throw definitionVersionConflict(definition.version);
    const content = this.secretHeaders.sealed(fields, definition.content);
    return await this.save(tx, definition, content, caller);
  }

  async delete(tx: Tx, definition: CommandDefinitionEntity): Promise<void> {
    await tx.manager.delete(CommandDefinitionEntity, { id: definition.id });
    tx.afterCommit(() => this.directory.remove(definition));
  }

  private async save(
    tx: Tx,
    definition: CommandDefinitionEntity,
    content: DefinitionContent,
    caller: Caller,
  ): Promise<CommandDefinitionEntity> {
    const version = definition.version + 1;
    const updatedAt = this.clock.now();
    const saved = await tx.manager.save(
      Object.assign(definition, { content, version, updatedAt, ownerId: caller.id }),
    );
    await tx.manager.insert(CommandDefinitionVersionEntity, {
      definitionId: saved.id,
      version,
      accountId: saved.accountId,
      name: saved.name,
      savedBy: caller.id,
      savedAt: updatedAt,
      // What is replaced is gone: only scripts go on in an older version. TypeORM's partial entity cannot say `unknown`.
      content: { ...content, sealedHeaders: {} } as object,
    });
    tx.afterCommit(() => this.directory.put(saved));
    return saved;
  }
}
