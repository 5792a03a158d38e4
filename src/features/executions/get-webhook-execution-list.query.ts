import { z } from 'zod';
import { bpmRequest, Handles, pageFields } from '../../bus/index.ts';
import { executionFilterFields } from './execution-filter.ts';
import { ExecutionFinder } from './execution-finder.ts';
import { executionSummary } from './execution-view.ts';

/**
 * Executions, newest first; `cursor` is the `nextCursor` of the page before, null on the last page. A page may have
 * fewer rows than asked for and not be the last.
 */
export class GetWebHookExecutionListQuery extends bpmRequest({
  kind: 'query',
  permission: 'executions:read',
  input: z.strictObject({
    ...executionFilterFields,
    ...pageFields('exe'),
  }),
  success: 'Webhook executions retrieved successfully',
  example: { key: 'order-paid', status: 'failed', from: '2026-01-31T00:00:00Z', pageSize: 50 },
}) {}

@Handles(GetWebHookExecutionListQuery)
export class GetWebHookExecutionListHandler {
  constructor(private readonly finder: ExecutionFinder) {}

  async execute({ input, caller }: GetWebHookExecutionListQuery) {
    const { pageSize: size, cursor, ...filter } = input;
    const { rows, nextCursor } = await this.finder.page({
      accountId: caller.accountId,
      filter,
      cursor,
      size,
    });
    return { items: rows.map(executionSummary), nextCursor };
  }
}
