import { z } from 'zod';
import { numberedRow, timeField } from '../../bus/index.ts';
import { executionStatuses } from './execution.entity.ts';

/** Which executions are meant, as fields of a request: for the list and for whatever acts on many of them. */
export const executionFilterFields = {
  key: z.string().max(200).optional(),
  configId: numberedRow().optional(),
  status: z.enum(executionStatuses).optional(),
  from: timeField.optional(),
  to: timeField.optional(),
  search: z.string().max(200).optional(),
};

export type ExecutionFilter = z.output<z.ZodObject<typeof executionFilterFields>>;
