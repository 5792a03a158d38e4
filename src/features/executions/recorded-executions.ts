import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/db/index.ts';
import { ExecutionEntity } from './execution.entity.ts';
import { type OpenedPayload, openPayload } from './execution-payload.rules.ts';
import type { ExecutionRef } from './execution-recorder.ts';

/** An execution read back whole, for what goes on with it. */
export interface RecordedExecution {
  head: ExecutionEntity;
  payload: OpenedPayload;
}

/** Executions as they lie in the database. */
@Injectable()
export class RecordedExecutions {
  constructor(private readonly database: Database) {}

  async find({ accountId, id }: ExecutionRef): Promise<RecordedExecution | null> {
    const head = await this.database.read.findOneBy(ExecutionEntity, { accountId, id });
    return head && (await this.open(head));
  }

  /** With what is large in it. */
  async open(head: ExecutionEntity): Promise<RecordedExecution> {
    return { head, payload: openPayload(await this.database.payload(head.payload)) };
  }
}
