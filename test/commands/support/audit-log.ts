import { rowsOf } from '../../support/database.ts';
import type { Answer, Signalbox } from '../../support/signalbox.ts';

/** One record of the audit log, as it lies in the database. */
interface AuditRow {
  account_id: string;
  at: number;
  caller_id: string;
  caller_name: string;
  command: string;
  outcome: string;
  request_id: string | null;
  execution_id: string | null;
  /** JSON text. */
  input: string;
  before: string | null;
  after: string | null;
}

/** The records that a request left, found by the id that its answer carries. */
export function auditOf(signalbox: Signalbox, answer: Pick<Answer, 'headers'>): Promise<AuditRow[]> {
  const query = 'SELECT * FROM audit_log WHERE request_id = ?';
  return rowsOf(signalbox.dataFolder, query, [answer.headers.get('x-request-id')]);
}

/** The records of the commands that an execution ran. */
export function auditOfExecution(signalbox: Signalbox, executionId: string): Promise<AuditRow[]> {
  const query = 'SELECT * FROM audit_log WHERE execution_id = ?';
  return rowsOf(signalbox.dataFolder, query, [executionId]);
}

/** The one record that a command left. @throws when there is none or more than one. */
export async function auditRowOf(
  signalbox: Signalbox,
  answer: Pick<Answer, 'headers'>,
): Promise<Omit<AuditRow, 'input' | 'before' | 'after'> & Record<'input' | 'before' | 'after', unknown>> {
  const [row, ...others] = await auditOf(signalbox, answer);
  if (!row || others.length > 0)
    throw new Error(`The request left ${row ? others.length + 1 : 0} audit records`);
  const { input, before, after, ...rest } = row;
  return { ...rest, input: JSON.parse(input), before: parsed(before), after: parsed(after) };
}

function parsed(json: string | null): unknown {
  return json === null ? null : JSON.parse(json);
}
