import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Tx } from '../../platform/db/index.ts';
import { OwnedWork, type OwnedWorkKind } from '../access/index.ts';
import { WebHookConfigVersionEntity } from '../webhook-configs/index.ts';
import { ExecutionEntity } from './execution.entity.ts';

/** Runs that have not ended act as whoever saved the version that they run. */
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
      .where("execution.status IN ('received', 'running')")
      .andWhere('version.savedBy = :callerId', { callerId })
      .getCount();
    return count === 0 ? [] : [`${count} unfinished ${count === 1 ? 'execution' : 'executions'}`];
  }

  /** Whoever acts for a version is found through its saver's heir. */
  async reassign(): Promise<void> {}
}
