import { z } from 'zod';
import { bpmRequest, Handles, inTransaction } from '../../bus/index.ts';
import { CheckDefinition } from './check-definition.ts';
import { definitionFields, definitionName } from './command-definition.rules.ts';
import { CommandDefinitions } from './command-definitions.ts';

/** Defines a command: an HTTP endpoint or a script, known to its account from the next call on. */
export class CreateCommandDefinitionCommand extends bpmRequest({
  kind: 'command',
  permission: 'commands:define',
  input: z.strictObject({ name: definitionName, ...definitionFields }),
  secretFields: ['secretHeaders'],
  success: 'Command definition created successfully',
  failure: 'Creation failed',
  example: {
    name: 'ReserveStockCommand',
    description: 'Reserves stock in the warehouse',
    permission: 'webhooks:write',
    inputSchema: {
      type: 'object',
      required: ['sku'],
      properties: { sku: { type: 'string' }, quantity: { type: 'integer', minimum: 1 } },
    },
    http: { method: 'POST', url: 'https://warehouse.example.com/reservations' },
    secretHeaders: { Authorization: 'Bearer the-token' },
  },
}) {}

@Handles(CreateCommandDefinitionCommand)
export class CreateCommandDefinitionHandler {
  constructor(
    private readonly definitions: CommandDefinitions,
    private readonly checks: CheckDefinition,
  ) {}

  async execute({ input: { name, ...fields }, caller }: CreateCommandDefinitionCommand) {
    this.checks.checkName(name);
    await this.checks.check(fields, caller);
    return inTransaction(async (tx, trail) => {
      const view = this.definitions.view(await this.definitions.create(tx, name, fields, caller));
      trail.after = view;
      return view;
    });
  }
}
