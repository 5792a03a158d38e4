import type { SelectQueryBuilder } from 'typeorm';
import { z } from 'zod';
import { bpmRequest, Handles } from '../../bus/index.ts';
import { Database } from '../../platform/db/index.ts';
import { WebHookConfigEntity } from './webhook-config.entity.ts';
import { WebHookConfigs } from './webhook-configs.ts';

/** Configurations by page; `search` finds a part of the key, the description or the path, without case. */
export class GetWebHookConfigListQuery extends bpmRequest({
  kind: 'query',
  permission: 'webhooks:read',
  input: z.strictObject({
    pageNumber: z.int().min(1).max(1_000_000).default(1),
    pageSize: z.int().min(1).max(100).default(10),
    search: z.string().max(200).optional(),
    isEnabled: z.boolean().optional(),
    executionType: z.literal([0, 1, 2, 3]).optional(),
    sortBy: z.enum(['id', 'key', 'createdAt', 'updatedAt']).default('id'),
    sortDirection: z.enum(['asc', 'desc']).default('asc'),
  }),
  success: 'Webhook configurations retrieved successfully',
  example: { pageNumber: 1, pageSize: 10, search: 'order', sortBy: 'updatedAt', sortDirection: 'desc' },
}) {}

type Filters = GetWebHookConfigListQuery['input'];

@Handles(GetWebHookConfigListQuery)
export class GetWebHookConfigListHandler {
  constructor(
    private readonly database: Database,
    private readonly configs: WebHookConfigs,
  ) {}

  async execute({ input, caller }: GetWebHookConfigListQuery) {
    const { pageNumber, pageSize } = input;
    const rows = this.database.read
      .createQueryBuilder(WebHookConfigEntity, 'config')
      .where('config.accountId = :accountId', { accountId: caller.accountId });
    filter(rows, input);
    order(rows, input);
    const [configs, totalCount] = await rows
      .skip((pageNumber - 1) * pageSize)
      .take(pageSize)
      .getManyAndCount();
    return { items: configs.map((config) => this.configs.view(config)), totalCount, pageNumber, pageSize };
  }
}

/** The id decides between equals, so that pages neither repeat nor leave out. */
function order(rows: SelectQueryBuilder<WebHookConfigEntity>, { sortBy, sortDirection }: Filters): void {
  rows.orderBy(`config.${sortBy}`, sortDirection === 'asc' ? 'ASC' : 'DESC');
  if (sortBy !== 'id') rows.addOrderBy('config.id', 'ASC');
}

function filter(
  rows: SelectQueryBuilder<WebHookConfigEntity>,
  { search, isEnabled, executionType }: Filters,
): void {
  if (isEnabled !== undefined) rows.andWhere('config.isEnabled = :isEnabled', { isEnabled });
  if (executionType !== undefined) rows.andWhere('config.executionType = :executionType', { executionType });
  if (search === undefined || search === '') return;
  // SQLite's LIKE stops at a NUL, PostgreSQL has none in its texts: nothing stored contains one.
  if (search.includes('\0')) rows.andWhere('1 = 0');
  // % and _ are letters of what is sought, not wildcards.
  const pattern = `%${search.toLowerCase().replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
  const matches = ['key', 'description', 'path'].map(
    (name) => `LOWER(config.${name}) LIKE :pattern ESCAPE '\\'`,
  );
  rows.andWhere(`(${matches.join(' OR ')})`, { pattern });
}
