import { z } from 'zod';
import { bpmRequest, Handles } from '../../bus/index.ts';
import { Database } from '../../platform/db/index.ts';
import { definitionId } from './command-definition.rules.ts';
import { CommandDefinitions } from './command-definitions.ts';

/** One definition, without the values of its secret headers. */
export class GetCommandDefinitionByIdQuery extends bpmRequest({
  kind: 'query',
  // Whoever may read configurations, their scripts and the catalogue may read what they call.
  permission: 'webhooks:read',
  input: z.strictObject({ id: definitionId }),
  success: 'Command definition retrieved successfully',
  example: { id: 'cdf_01a2007d-0f7e-7000-9a3e-0f6c2b1d4e5f' },
}) {}

@Handles(GetCommandDefinitionByIdQuery)
export class GetCommandDefinitionByIdHandler {
  constructor(
    private readonly database: Database,
    private readonly definitions: CommandDefinitions,
  ) {}

  async execute({ input: { id }, caller }: GetCommandDefinitionByIdQuery) {
    const reader = { manager: this.database.read };
    return this.definitions.view(await this.definitions.mustFind(reader, id, caller));
  }
}
