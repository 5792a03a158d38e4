import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { type FindOptionsWhere, In, IsNull, Not, Raw } from 'typeorm';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/db/index.ts';
import { Processes } from '../../platform/processes/index.ts';
import { ExecutionEntity, unfinishedStatuses } from './execution.entity.ts';
import { type CountedConfig, statisticsRow } from './statistics-rows.ts';

/** A process is gone when two looks in a row do not find it: one may just be connecting anew. */
const LOOK_MS = 2_000;

/** Ends the executions that a crash cut off and nobody goes on with: nobody was answered, the caller's retry is a new run. */
@Injectable()
export class InterruptedExecutions implements OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;
  private missing: ReadonlySet<string> = new Set();

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly processes: Processes,
  ) {}

  /**
   * Before the first call of this start: ends what the last one left; where processes share the database, from now on
   * what those leave that are gone. @param tell how many there were, where there were some.
   */
  async start(tell: (interrupted: number) => void): Promise<void> {
    if (!this.database.locks.areShared) {
      const ended = await this.end({});
      if (ended > 0) tell(ended);
      return;
    }
    this.timer = setInterval(() => {
      // A database that is away is asked again.
      void this.look().then(
        (ended) => ended > 0 && tell(ended),
        () => undefined,
      );
    }, LOOK_MS).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  private async look(): Promise<number> {
    const runners = await this.database.read.find(ExecutionEntity, {
      select: { accountId: true, id: true, processId: true },
      where: { status: In(unfinishedStatuses), processId: Not(IsNull()) },
    });
    const alive = new Set(runners.length > 0 ? await this.processes.alive() : []);
    const missing = new Set(runners.flatMap(({ processId }) => (alive.has(processId!) ? [] : [processId!])));
    const gone = [...missing].filter((id) => this.missing.has(id));
    this.missing = missing;
    return gone.length > 0 ? await this.end({ processId: In(gone) }) : 0;
  }

  private async end(whose: FindOptionsWhere<ExecutionEntity>): Promise<number> {
    // A durable one has its job in the queue, and goes on.
    const hasNoJob = Raw((id) => `${id} NOT IN (SELECT queue_jobs.id FROM queue_jobs)`);
    const open = { status: In(unfinishedStatuses), id: hasNoJob, ...whose };
    const ended = {
      status: 'failed' as const,
      code: 'execution.interrupted',
      finishedAt: this.clock.now(),
      processId: null,
    };
    return await this.database.door.transaction(async (tx) => {
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
