import { z } from 'zod';
import { bpmRequest, Handles } from '../../bus/index.ts';
import { Database } from '../../platform/db/index.ts';
import { ExecutionEntity } from './execution.entity.ts';
import { executionNotFound } from './execution.errors.ts';
import { openPayload } from './execution-payload.rules.ts';
import { executionView } from './execution-view.ts';

/** One execution whole: request, verdict, steps, logs and answer. */
export class GetWebHookExecutionByIdQuery extends bpmRequest({
  kind: 'query',
  permission: 'executions:read',
  input: z.strictObject({ id: z.string().min(1).max(100) }),
  success: 'Webhook execution retrieved successfully',
  example: { id: 'exe_01a2007d-3c11-7000-8b52-5d0e8f6a7b90' },
}) {}

@Handles(GetWebHookExecutionByIdQuery)
export class GetWebHookExecutionByIdHandler {
  constructor(private readonly database: Database) {}

  async execute({ input: { id }, caller }: GetWebHookExecutionByIdQuery) {
    const execution = await this.database.read.findOneBy(ExecutionEntity, {
      id,
      accountId: caller.accountId,
    });
    if (!execution) throw executionNotFound();
    return executionView(execution, openPayload(await this.database.payload(execution.payload)));
  }
}
