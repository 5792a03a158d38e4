import { z } from 'zod';
import { bpmRequest, Handles } from '../../bus/index.ts';
import { executionNotFound } from './execution.errors.ts';
import { executionView } from './execution-view.ts';
import { RecordedExecutions } from './recorded-executions.ts';

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
  constructor(private readonly executions: RecordedExecutions) {}

  async execute({ input: { id }, caller: { accountId } }: GetWebHookExecutionByIdQuery) {
    const execution = await this.executions.find({ accountId, id });
    if (!execution) throw executionNotFound();
    return await executionView(execution.head, execution.payload);
  }
}
