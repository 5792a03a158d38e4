import { Injectable } from '@nestjs/common';
import { type DefinedCommand, DefinedCommands } from '../../bus/index.ts';
import { Database } from '../../platform/db/index.ts';
import { CommandDefinitionEntity } from './command-definition.entity.ts';
import { RunDefinition } from './run-definition.ts';

/** All definitions in memory, as of the last commit, ready to be run: the bus's own lookup. */
@Injectable()
export class CommandDefinitionDirectory extends DefinedCommands {
  private readonly byName = new Map<string, { accountId: string; command: DefinedCommand }>();

  constructor(
    private readonly database: Database,
    private readonly runner: RunDefinition,
  ) {
    super();
  }

  async load(): Promise<void> {
    for (const definition of await this.database.read.find(CommandDefinitionEntity)) this.put(definition);
    this.database.changes.follow('command_definitions', async (tx) => {
      const all = await tx.manager.find(CommandDefinitionEntity);
      tx.afterCommit(() => {
        this.byName.clear();
        for (const definition of all) this.put(definition);
      });
    });
  }

  override find(type: string, accountId: string): DefinedCommand | undefined {
    const known = this.byName.get(type);
    return known?.accountId === accountId ? known.command : undefined;
  }

  override all(accountId: string): DefinedCommand[] {
    return [...this.byName.values()]
      .filter((known) => known.accountId === accountId)
      .map(({ command }) => command)
      .sort((a, b) => a.name.localeCompare(b.name));
  }

  /** Follows a save after its commit. */
  put(definition: CommandDefinitionEntity): void {
    const { accountId, name } = definition;
    this.byName.set(name, { accountId, command: this.runner.commandOf(definition) });
  }

  /** Follows a deletion after its commit. */
  remove({ name }: CommandDefinitionEntity): void {
    this.byName.delete(name);
  }
}
