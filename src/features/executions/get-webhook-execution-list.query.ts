import type { SelectQueryBuilder } from 'typeorm';
import { z } from 'zod';
import { bpmRequest, Handles, timeField } from '../../bus/index.ts';
import { Database } from '../../platform/db/index.ts';
import { firstIdAt } from '../../platform/ids.ts';
import { keyOfConfig } from './config-key.ts';
import { ExecutionEntity, executionStatuses } from './execution.entity.ts';
import { executionSummary } from './execution-view.ts';

/** Executions, newest first; `cursor` is the `nextCursor` of the page before, null on the last page. */
export class GetWebHookExecutionListQuery extends bpmRequest({
  kind: 'query',
  permission: 'executions:read',
  input: z.strictObject({
    key: z.string().max(200).optional(),
    configId: z.int().min(1).optional(),
    status: z.enum(executionStatuses).optional(),
    from: timeField.optional(),
    to: timeField.optional(),
    search: z.string().max(200).optional(),
    pageSize: z.int().min(1).max(100).default(20),
    cursor: z
      .string()
      .max(100)
      .regex(/^exe_[0-9a-f-]+$/, 'must be the nextCursor of the page before')
      .optional(),
  }),
  success: 'Webhook executions retrieved successfully',
  example: { key: 'order-paid', status: 'failed', from: '2026-01-31T00:00:00Z', pageSize: 50 },
}) {}

type Filters = GetWebHookExecutionListQuery['input'];

@Handles(GetWebHookExecutionListQuery)
export class GetWebHookExecutionListHandler {
  constructor(private readonly database: Database) {}

  async execute({ input, caller }: GetWebHookExecutionListQuery) {
    const rows = this.database.read
      .createQueryBuilder(ExecutionEntity, 'execution')
      .where('execution.accountId = :accountId', { accountId: caller.accountId });
    filter(rows, { ...input, key: await keyOfConfig(this.database.read, input) });
    const found = await rows
      .orderBy('execution.id', 'DESC')
      .limit(input.pageSize + 1)
      .getMany();
    const page = found.slice(0, input.pageSize);
    const nextCursor = found.length > page.length ? (page.at(-1)?.id ?? null) : null;
    return { items: page.map(executionSummary), nextCursor };
  }
}

function filter(rows: SelectQueryBuilder<ExecutionEntity>, input: Filters): void {
  const { key, configId, status, from, to, search, cursor } = input;
  if (key !== undefined) rows.andWhere('execution.key = :key', { key });
  if (configId !== undefined) rows.andWhere('execution.configId = :configId', { configId });
  if (status !== undefined) rows.andWhere('execution.status = :status', { status });
  if (from !== undefined)
    rows.andWhere('execution.id >= :first', { first: firstIdAt('exe', Date.parse(from)) });
  if (to !== undefined) rows.andWhere('execution.id < :end', { end: firstIdAt('exe', Date.parse(to) + 1) });
  if (cursor !== undefined) rows.andWhere('execution.id < :cursor', { cursor });
  if (search !== undefined && search !== '') prefixSearch(rows, search);
}

/** Prefixes as ranges: indexes serve them on both databases, and % is a letter like others. */
function prefixSearch(rows: SelectQueryBuilder<ExecutionEntity>, search: string): void {
  const matches = ['id', 'key', 'path', 'idempotencyKey'].map(
    (name) => `(execution.${name} >= :search AND execution.${name} < :searchEnd)`,
  );
  rows.andWhere(`(${matches.join(' OR ')})`, { search, searchEnd: `${search}\u{10FFFF}` });
}
