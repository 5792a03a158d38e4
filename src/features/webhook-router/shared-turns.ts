import { Injectable } from '@nestjs/common';
import { Database, type Held } from '../../platform/db/index.ts';

/** Between two tries for what another process holds. */
const AGAIN_MS = 50;

/** Turns that all processes on the database share; where there is one process it costs nothing. */
@Injectable()
export class SharedTurns {
  constructor(private readonly database: Database) {}

  /** True: other processes have to be asked. */
  get areShared(): boolean {
    return this.database.locks.areShared;
  }

  /**
   * The first of these names that nobody holds any more, as soon as there is one.
   * @param waitMs how long to wait at most. @returns null where it was held for all that time.
   */
  async take(names: readonly string[], waitMs = Infinity): Promise<Held | null> {
    const until = performance.now() + waitMs;
    for (;;) {
      // While the database is away nobody gets one, and nobody loses his place here.
      const held = await this.database.locks.tryAny(names).catch(() => null);
      if (held) return held;
      const leftMs = until - performance.now();
      if (leftMs <= 0) return null;
      await new Promise((resolve) => setTimeout(resolve, Math.min(AGAIN_MS, leftMs)).unref());
    }
  }
}
