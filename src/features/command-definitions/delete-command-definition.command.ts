import { z } from 'zod';
import { bpmRequest, Handles, inTransaction } from '../../bus/index.ts';
import { Clock, isoTime } from '../../platform/clock.ts';
import { commandNamesOf, WebHookConfigDirectory } from '../webhook-configs/index.ts';
import type { CommandDefinitionEntity } from './command-definition.entity.ts';
import { definitionInUse } from './command-definition.errors.ts';
import { definitionId } from './command-definition.rules.ts';
import { CommandDefinitions } from './command-definitions.ts';

/** Removes a definition that no configuration runs: its name is free again. */
export class DeleteCommandDefinitionCommand extends bpmRequest({
  kind: 'command',
  permission: 'commands:define',
  input: z.strictObject({ id: definitionId }),
  success: 'Command definition deleted successfully',
  failure: 'Deletion failed',
  example: { id: 'cdf_01a2007d-0f7e-7000-9a3e-0f6c2b1d4e5f' },
}) {}

@Handles(DeleteCommandDefinitionCommand)
export class DeleteCommandDefinitionHandler {
  constructor(
    private readonly definitions: CommandDefinitions,
    private readonly configs: WebHookConfigDirectory,
    private readonly clock: Clock,
  ) {}

  async execute({ input: { id }, caller }: DeleteCommandDefinitionCommand) {
    return inTransaction(async (tx, trail) => {
      const definition = await this.definitions.mustFind(tx, id, caller);
      trail.before = this.definitions.view(definition);
      this.refuseInUse(definition);
      await this.definitions.delete(tx, definition);
      return { id, name: definition.name, deletedAt: isoTime(this.clock.now()) };
    });
  }

  /** Scripts are not searched: a name in them may be made of parts. */
  private refuseInUse({ accountId, name }: CommandDefinitionEntity): void {
    const users = this.configs
      .all()
      .filter((config) => config.accountId === accountId && commandNamesOf(config.settings).includes(name));
    if (users.length > 0) throw definitionInUse(users.map(({ key }) => key));
  }
}
