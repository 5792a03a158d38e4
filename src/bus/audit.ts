import type { TableRow, Tx } from '../platform/db/index.ts';
import type { AuditTrail } from './bpm-request.ts';
import type { Caller, Origin } from './caller.ts';

/** One command that somebody gave, for the audit log. */
export interface AuditEntry {
  command: string;
  caller: Caller;
  origin: Origin;
  input: unknown;
  /** `succeeded`, or the code of the failure. */
  outcome: string;
  trail: AuditTrail;
}

/** Keeps who did what; the bus owns the port, `features/access` keeps the book. */
export abstract class AuditLog {
  /** Writes within the command's own transaction: there is no change without its record. */
  abstract write(tx: Tx, entry: AuditEntry): Promise<void>;
  /** Rows for the next commit, where a command has no transaction of its own. */
  abstract rows(entry: AuditEntry): TableRow[];
}
