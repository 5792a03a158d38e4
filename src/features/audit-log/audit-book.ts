import { Injectable } from '@nestjs/common';
import { type AuditEntry, AuditLog } from '../../bus/index.ts';
import { Clock } from '../../platform/clock.ts';
import type { HotTable, TableRow, Tx } from '../../platform/db/index.ts';
import { newId } from '../../platform/ids.ts';
import { maskedJson } from '../../platform/masking.rules.ts';
import { AuditLogEntity } from './audit-log.entity.ts';

const auditLog: HotTable = {
  name: 'audit_log',
  columns: [
    'id',
    'account_id',
    'at',
    'caller_id',
    'caller_name',
    'command',
    'outcome',
    'request_id',
    'execution_id',
    'input',
    'before',
    'after',
  ],
};

/** Keeps the audit log: who gave which command, when, and what it changed. */
@Injectable()
export class AuditBook extends AuditLog {
  constructor(private readonly clock: Clock) {
    super();
  }

  override async write(tx: Tx, entry: AuditEntry): Promise<void> {
    await tx.manager.insert(AuditLogEntity, this.record(entry));
  }

  override rows(entry: AuditEntry): TableRow[] {
    const r = this.record(entry);
    return [
      {
        table: auditLog,
        values: [
          r.id,
          r.accountId,
          r.at,
          r.callerId,
          r.callerName,
          r.command,
          r.outcome,
          r.requestId,
          r.executionId,
          r.input,
          r.before,
          r.after,
        ],
      },
    ];
  }

  private record({ caller, origin, ...entry }: AuditEntry): AuditLogEntity {
    return {
      id: newId('aud'),
      accountId: caller.accountId,
      at: this.clock.now(),
      callerId: caller.id,
      callerName: caller.name,
      command: entry.command,
      outcome: entry.outcome,
      requestId: origin.requestId ?? null,
      executionId: origin.executionId ?? null,
      input: maskedJson(entry.input, origin.credentials),
      before: entry.trail.before === undefined ? null : maskedJson(entry.trail.before, origin.credentials),
      after: entry.trail.after === undefined ? null : maskedJson(entry.trail.after, origin.credentials),
    };
  }
}
