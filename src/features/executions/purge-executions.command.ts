import { z } from 'zod';
import { AuditLog, bpmRequest, Handles } from '../../bus/index.ts';
import type { Tx } from '../../platform/db/index.ts';
import { executionFilterFields } from './execution-filter.ts';
import { ExecutionPurge } from './execution-purge.ts';

const input = z
  .strictObject({
    ids: z.array(z.string().min(1).max(100)).min(1).max(1000).optional(),
    ...executionFilterFields,
    /** Every execution of the account; stands alone. */
    all: z.literal(true).optional(),
  })
  .refine(({ all, ...filter }) => (all === true) !== isFilter(filter), {
    error: 'Give a filter (ids, key, configId, status, from, to or search), or all: true and no filter',
  });

/** An empty search finds everything, which nobody is to erase by leaving a field empty. */
function isFilter(fields: object): boolean {
  return Object.values(fields).some((value) => value !== undefined && value !== '');
}

/**
 * Erases what executions hold of their calls (request, steps, logs, answer) for good; their rows stay. What has not
 * ended is skipped. Needs `access:manage`: who could erase what was recorded of him could hide what he did, and
 * whoever may change a webhook is recorded here.
 */
export class PurgeExecutionsCommand extends bpmRequest({
  kind: 'command',
  // Large ones take many transactions: a call that gives this command is on record before the first.
  effects: 'outside',
  permission: 'access:manage',
  input,
  success: 'Executions purged successfully',
  example: { key: 'order-paid', to: '2026-01-31T00:00:00Z' },
}) {}

@Handles(PurgeExecutionsCommand)
export class PurgeExecutionsHandler {
  constructor(
    private readonly purge: ExecutionPurge,
    private readonly audit: AuditLog,
  ) {}

  async execute({ input, caller, origin }: PurgeExecutionsCommand) {
    const { all: _all, ...filter } = input;
    const wanted = { accountId: caller.accountId, filter };
    const begun = { command: PurgeExecutionsCommand.name, caller, origin, input, outcome: 'begun' };
    let purged = 0;
    let isBegun = false;
    for await (const batch of this.purge.batches(wanted)) {
      // With the first commit: a crash on the way leaves nothing erased without a record of it.
      const record = isBegun
        ? () => Promise.resolve()
        : (tx: Tx) => this.audit.write(tx, { ...begun, trail: {} });
      purged += await this.purge.erase(batch, record);
      isBegun = true;
    }
    if (purged > 0) await this.purge.forgetTraces();
    return { purged, skipped: await this.purge.unfinished(wanted) };
  }
}
