import { Injectable } from '@nestjs/common';
import { In, IsNull } from 'typeorm';
import { Clock } from '../../platform/clock.ts';
import { WriteDoor } from '../../platform/db/index.ts';
import { ExecutionEntity } from './execution.entity.ts';

/** Ends the synchronous executions that a crash cut off: nobody was answered, the caller's retry is a new run. */
@Injectable()
export class InterruptedExecutions {
  constructor(
    private readonly door: WriteDoor,
    private readonly clock: Clock,
  ) {}

  /** Before the first call of this start. @returns how many there were. */
  async end(): Promise<number> {
    const { affected } = await this.door.transaction((tx) =>
      tx.manager.update(
        ExecutionEntity,
        // A durable one has its job in the queue, and goes on.
        { status: In(['received', 'running']), isDurable: IsNull() },
        { status: 'failed', code: 'execution.interrupted', finishedAt: this.clock.now() },
      ),
    );
    return affected ?? 0;
  }
}
