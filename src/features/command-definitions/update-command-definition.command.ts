import { z } from 'zod';
import { bpmRequest, Handles, inTransaction } from '../../bus/index.ts';
import { CheckDefinition } from './check-definition.ts';
import { definitionFields, definitionId } from './command-definition.rules.ts';
import { CommandDefinitions } from './command-definitions.ts';

/** Replaces a definition whole, but for its name; it acts for the saver from now on. */
export class UpdateCommandDefinitionCommand extends bpmRequest({
  kind: 'command',
  permission: 'commands:define',
  input: z.strictObject({ id: definitionId, version: z.int().min(1).optional(), ...definitionFields }),
  refusedFields: { name: 'Name cannot be changed' },
  secretFields: ['secretHeaders'],
  success: 'Command definition updated successfully',
  failure: 'Update failed',
  example: {
    id: 'cdf_01a2007d-0f7e-7000-9a3e-0f6c2b1d4e5f',
    version: 1,
    description: 'Reserves stock',
    permission: 'webhooks:write',
    inputSchema: { type: 'object', properties: { sku: { type: 'string' } } },
    executionCode: 'return { reserved: context.input.sku };',
  },
}) {}

@Handles(UpdateCommandDefinitionCommand)
export class UpdateCommandDefinitionHandler {
  constructor(
    private readonly definitions: CommandDefinitions,
    private readonly checks: CheckDefinition,
  ) {}

  async execute({ input: { id, ...fields }, caller }: UpdateCommandDefinitionCommand) {
    const { version: _version, ...content } = fields;
    await this.checks.check(content, caller);
    return inTransaction(async (tx, trail) => {
      const definition = await this.definitions.mustFind(tx, id, caller);
      trail.before = this.definitions.view(definition);
      const view = this.definitions.view(await this.definitions.update(tx, definition, fields, caller));
      trail.after = view;
      return view;
    });
  }
}
