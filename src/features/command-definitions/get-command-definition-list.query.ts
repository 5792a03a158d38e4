import { z } from 'zod';
import { bpmRequest, Handles } from '../../bus/index.ts';
import { Database } from '../../platform/db/index.ts';
import { CommandDefinitionEntity } from './command-definition.entity.ts';
import { CommandDefinitions } from './command-definitions.ts';

/** Definitions by page, by name; `search` finds a part of the name, without case. */
export class GetCommandDefinitionListQuery extends bpmRequest({
  kind: 'query',
  permission: 'webhooks:read',
  input: z.strictObject({
    pageNumber: z.int().min(1).max(1_000_000).default(1),
    pageSize: z.int().min(1).max(100).default(10),
    search: z.string().max(200).optional(),
  }),
  success: 'Command definitions retrieved successfully',
  example: { pageNumber: 1, pageSize: 10, search: 'stock' },
}) {}

@Handles(GetCommandDefinitionListQuery)
export class GetCommandDefinitionListHandler {
  constructor(
    private readonly database: Database,
    private readonly definitions: CommandDefinitions,
  ) {}

  async execute({ input, caller }: GetCommandDefinitionListQuery) {
    const { pageNumber, pageSize, search = '' } = input;
    const rows = this.database.read
      .createQueryBuilder(CommandDefinitionEntity, 'definition')
      .where('definition.accountId = :accountId', { accountId: caller.accountId });
    // Names have letters and digits only: nothing in them is a wildcard, and what has others is in none.
    if (/^[A-Za-z0-9]+$/.test(search))
      rows.andWhere('LOWER(definition.name) LIKE :pattern', { pattern: `%${search.toLowerCase()}%` });
    else if (search !== '') rows.andWhere('1 = 0');
    const [found, totalCount] = await rows
      .orderBy('definition.name', 'ASC')
      .skip((pageNumber - 1) * pageSize)
      .take(pageSize)
      .getManyAndCount();
    return { items: found.map((one) => this.definitions.view(one)), totalCount, pageNumber, pageSize };
  }
}
