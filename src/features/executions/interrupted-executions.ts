import { Injectable } from '@nestjs/common';
import { In, Raw } from 'typeorm';
import { Clock } from '../../platform/clock.ts';
import { WriteDoor } from '../../platform/db/index.ts';
import { ExecutionEntity, unfinishedStatuses } from './execution.entity.ts';
import { type CountedConfig, statisticsRow } from './statistics-rows.ts';

/** Ends the executions that a crash cut off and nobody goes on with: nobody was answered, the caller's retry is a new run. */
@Injectable()
export class InterruptedExecutions {
  constructor(
    private readonly door: WriteDoor,
    private readonly clock: Clock,
  ) {}

  /** Before the first call of this start. @returns how many there were. */
  async end(): Promise<number> {
    // A durable one has its job in the queue, and goes on.
    const hasNoJob = Raw((id) => `${id} NOT IN (SELECT queue_jobs.id FROM queue_jobs)`);
    const open = { status: In(unfinishedStatuses), id: hasNoJob };
    const ended = { status: 'failed' as const, code: 'execution.interrupted', finishedAt: this.clock.now() };
    return await this.door.transaction(async (tx) => {
      const counts = await tx.manager
        .createQueryBuilder(ExecutionEntity, 'execution')
        .select('execution.accountId', 'accountId')
        .addSelect('execution.configId', 'configId')
        .addSelect('execution.key', 'key')
        .addSelect('COUNT(*)', 'count')
        .where(open)
        .groupBy('execution.accountId')
        .addGroupBy('execution.configId')
        .addGroupBy('execution.key')
        .getRawMany<CountedConfig & { count: number | string }>();
      await tx.write(
        counts.map((config) => statisticsRow(config, { ...ended, durationMs: null }, Number(config.count))),
      );
      const { affected } = await tx.manager.update(ExecutionEntity, open, ended);
      return affected ?? 0;
    });
  }
}
