import { Injectable, type OnModuleInit } from '@nestjs/common';
import { actingIn, type Caller } from '../../bus/index.ts';
import type { Tx } from '../../platform/db/index.ts';
import { heirUnfit, OwnedWork, type OwnedWorkKind, toldWorks } from '../access/index.ts';
import { CommandDefinitionDirectory } from './command-definition-directory.ts';
import { CommandDefinitionEntity } from './command-definition.entity.ts';

/** Defined commands act as whoever saved them last, together with whoever gives them. */
@Injectable()
export class OwnedDefinitions implements OwnedWorkKind, OnModuleInit {
  constructor(
    private readonly work: OwnedWork,
    private readonly directory: CommandDefinitionDirectory,
  ) {}

  onModuleInit(): void {
    this.work.add(this);
  }

  async actingAs({ manager }: Tx, callerId: string): Promise<string[]> {
    const owned = await manager.find(CommandDefinitionEntity, {
      where: { ownerId: callerId },
      order: { name: 'ASC' },
    });
    return toldWorks(owned.map(({ name }) => `The defined command "${name}"`));
  }

  async reassign(tx: Tx, callerId: string, heir: Caller): Promise<void> {
    for (const definition of await tx.manager.findBy(CommandDefinitionEntity, { ownerId: callerId })) {
      const { accountId, name } = definition;
      if (!actingIn(heir, accountId))
        throw heirUnfit(`names somebody who may not act in the account of the defined command "${name}"`);
      definition.ownerId = heir.id;
      await tx.manager.save(definition);
      tx.afterCommit(() => this.directory.put(definition));
    }
  }
}
