import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Tx } from '../../platform/db/index.ts';
import { OwnedWork, type OwnedWorkKind } from '../access/index.ts';
import { WebHookConfigVersionEntity } from '../webhook-configs/index.ts';
import { ExecutionEntity } from './execution.entity.ts';

/** Runs that may go on act as whoever saved the version that they run. */
@Injectable()
export class OwnedExecutions implements OwnedWorkKind, OnModuleInit {
  constructor(private readonly work: OwnedWork) {}

  onModuleInit(): void {
    this.work.add(this);
  }

  async actingAs({ manager }: Tx, callerId: string): Promise<string[]> {
    const count = await manager
      .createQueryBuilder(ExecutionEntity, 'execution')
      .innerJoin(
        WebHookConfigVersionEntity,
        'version',
        'version.configId = execution.configId AND version.version = execution.configVersion',
      )
      // One that has failed goes on when its idempotency key comes again.
      .where(
        "(execution.status IN ('received', 'running') OR (execution.status = 'failed' AND execution.idempotencyKey IS NOT NULL))",
      )
      .andWhere('version.savedBy = :callerId', { callerId })
      .getCount();
    return count === 0 ? [] : [`${count} ${count === 1 ? 'execution' : 'executions'} that may go on`];
  }

  /** Whoever acts for a version is found through its saver's heir. */
  async reassign(): Promise<void> {}
}
