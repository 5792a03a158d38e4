import { Injectable } from '@nestjs/common';
import { type Tx, untilStored, WriteDoor } from '../platform/db/index.ts';
import { AppError } from '../platform/errors.ts';
import { type AuditEntry, AuditLog } from './audit.ts';

/** Puts commands on record: with what they write, or by themselves. */
@Injectable()
export class CommandAudit {
  constructor(
    private readonly door: WriteDoor,
    private readonly audit: AuditLog,
  ) {}

  /** Runs a command's writes in one transaction with its record, and with whatever else has to be true at the same moment. */
  async commit<T>(
    entry: AuditEntry,
    work: (tx: Tx) => Promise<T>,
    alongside?: (tx: Tx, result: T) => Promise<void>,
  ): Promise<T> {
    return await this.door.transaction(async (tx) => {
      const result = await work(tx);
      await this.audit.write(tx, entry);
      await alongside?.(tx, result);
      return result;
    });
  }

  async record(entry: AuditEntry): Promise<void> {
    await this.door.append(this.audit.rows(entry));
  }

  /** What was done outside: that it cannot be recorded now is no failure of it, after which somebody would do it again. */
  async recordDone(entry: AuditEntry): Promise<void> {
    try {
      await this.record(entry);
    } catch (cause) {
      void untilStored(() => this.record(entry)).catch(() => undefined);
      // A run goes on, and puts on record by itself what it did.
      if (entry.origin.executionId === undefined) throw doneUnrecorded(cause);
    }
  }

  /** Never throws: the failure itself is the answer; a database that is away has its own alarm. */
  async recordFailure(entry: Omit<AuditEntry, 'outcome' | 'trail'>, { code }: AppError): Promise<void> {
    try {
      await this.record({ ...entry, input: shortened(entry.input), outcome: code, trail: {} });
    } catch {
      // As above.
    }
  }
}

/** What of a refused input is kept: anybody may send such, as long as he likes, and the audit log is kept for good. */
const REFUSED_LENGTH_MAX = 4_096;
const REFUSED_FIELD_LENGTH_MAX = 200;

function shortened(input: unknown): unknown {
  if (JSON.stringify(input).length <= REFUSED_LENGTH_MAX) return input;
  const fields = Object.entries(input as object)
    .filter(([name]) => name.length <= REFUSED_FIELD_LENGTH_MAX)
    .slice(0, REFUSED_LENGTH_MAX / REFUSED_FIELD_LENGTH_MAX);
  return Object.fromEntries(
    fields.map(([name, value]) => {
      const { length } = JSON.stringify(value) ?? '';
      return [name, length <= REFUSED_FIELD_LENGTH_MAX ? value : `[${length} characters, not kept]`];
    }),
  );
}

/** It was done, and is not in the audit log yet: whoever repeats it does it twice. */
function doneUnrecorded(cause: unknown): AppError {
  return new AppError({
    code: 'audit.unrecorded',
    kind: 'unavailable',
    details: [
      'The command was carried out, but could not be recorded yet: look at what it did before you repeat it',
    ],
    cause,
  });
}
