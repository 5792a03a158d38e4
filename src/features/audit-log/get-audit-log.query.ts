import type { SelectQueryBuilder } from 'typeorm';
import { z } from 'zod';
import { bpmRequest, Handles, pageFields, timeField } from '../../bus/index.ts';
import { isoTime } from '../../platform/clock.ts';
import { Database, lastLookedAt, withinTime } from '../../platform/db/index.ts';
import { parseJson } from '../../platform/json-text.ts';
import { AuditLogEntity } from './audit-log.entity.ts';

/**
 * Who gave which command, when, and what it changed, newest first. `cursor` is the `nextCursor` of the page before,
 * null on the last page; a filtered page may be short and not be the last. `failed` is every outcome but `succeeded`.
 */
export class GetAuditLogQuery extends bpmRequest({
  kind: 'query',
  permission: 'access:manage',
  input: z.strictObject({
    callerId: z.string().max(100).optional(),
    command: z.string().max(200).optional(),
    outcome: z.enum(['succeeded', 'failed']).optional(),
    executionId: z.string().max(100).optional(),
    from: timeField.optional(),
    to: timeField.optional(),
    ...pageFields('aud'),
  }),
  success: 'Audit log retrieved successfully',
  example: { outcome: 'failed', from: '2026-01-31T00:00:00Z', pageSize: 50 },
}) {}

type Rows = SelectQueryBuilder<AuditLogEntity>;

@Handles(GetAuditLogQuery)
export class GetAuditLogHandler {
  constructor(private readonly database: Database) {}

  async execute({ input, caller }: GetAuditLogQuery) {
    const indexed = this.indexed(input, caller.accountId);
    const last = isSifted(input) ? await lastLookedAt(indexed) : null;
    const rows = sifted(indexed, input);
    if (last !== null) rows.andWhere('audit.id >= :last', { last });
    const found = await rows.limit(input.pageSize + 1).getMany();
    const page = found.slice(0, input.pageSize);
    const nextCursor = found.length > page.length ? (page.at(-1)?.id ?? null) : last;
    return { items: page.map(auditView), nextCursor };
  }

  /** What the index on account and id finds: ids begin with their time. */
  private indexed({ from, to, cursor }: GetAuditLogQuery['input'], accountId: string): Rows {
    const rows = this.database.read
      .createQueryBuilder(AuditLogEntity, 'audit')
      .where('audit.accountId = :accountId', { accountId })
      .orderBy('audit.id', 'DESC');
    withinTime(rows, 'aud', { from, to });
    if (cursor !== undefined) rows.andWhere('audit.id < :cursor', { cursor });
    return rows;
  }
}

function sifted(rows: Rows, { callerId, command, outcome, executionId }: GetAuditLogQuery['input']): Rows {
  if (callerId !== undefined) rows.andWhere('audit.callerId = :callerId', { callerId });
  if (command !== undefined) rows.andWhere('audit.command = :command', { command });
  if (executionId !== undefined) rows.andWhere('audit.executionId = :executionId', { executionId });
  if (outcome !== undefined) rows.andWhere(`audit.outcome ${outcome === 'failed' ? '<>' : '='} 'succeeded'`);
  return rows;
}

function isSifted({ callerId, command, outcome, executionId }: GetAuditLogQuery['input']): boolean {
  return [callerId, command, outcome, executionId].some((filter) => filter !== undefined);
}

/** A record as it is shown; `before` and `after` are null where a command changes nothing that it tells of. */
function auditView({ input, before, after, at, accountId: _account, ...record }: AuditLogEntity) {
  return {
    ...record,
    at: isoTime(at),
    input: parseJson(input),
    before: before === null ? null : parseJson(before),
    after: after === null ? null : parseJson(after),
  };
}
