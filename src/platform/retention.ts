import type { OnModuleDestroy } from '@nestjs/common';
import type { Clock } from './clock.ts';
import type { Database, Held } from './db/index.ts';
import { PackSweep, type PayloadsBefore } from './db/index.ts';
import type { Logger } from './logger.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Between two commits calls have the door for themselves for as long as the last one took, at most this. */
const PAUSE_MS_MAX = 100;
const LOCK = 'retention';

/** What is too old now. */
export interface RetentionTime {
  now: number;
  /** What ended before is to go (`EXECUTION_RETENTION_DAYS`). */
  before: number;
}

/** Something that must not be kept for ever. */
export interface Sweep {
  /** As the log names what it deleted. */
  name: string;
  /** Deletes what is too old, a few hundred rows a commit. @yields after each commit how many it deleted. */
  sweep(time: RetentionTime): AsyncIterable<number>;
}

interface RetentionParts {
  database: Database;
  clock: Clock;
  days: number;
  logger: Pick<Logger, 'info' | 'warn'>;
}

/** Deletes what is too old, at the start and then every hour, behind the calls' back. Features register their sweeps. */
export class Retention implements OnModuleDestroy {
  private readonly sweeps: Sweep[] = [];
  private readonly packs: PackSweep;
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> | null = null;
  private isStopping = false;

  constructor(private readonly parts: RetentionParts) {
    this.packs = new PackSweep(parts.database);
  }

  /** @param payloads where the rows have payloads: those that are left from before a moment. */
  register(sweep: Sweep, payloads?: PayloadsBefore): void {
    this.sweeps.push(sweep);
    if (payloads) this.packs.ask(payloads);
  }

  start(): void {
    this.timer = setInterval(() => void this.run(), HOUR_MS).unref();
    void this.run();
  }

  /** One round; whoever comes while one is on its way gets that one. Failures are logged: the next hour has another try. */
  run(): Promise<void> {
    this.running ??= this.round().finally(() => (this.running = null));
    return this.running;
  }

  /** Lets the commit of the moment finish and begins no further one. */
  async onModuleDestroy(): Promise<void> {
    this.isStopping = true;
    if (this.timer) clearInterval(this.timer);
    await this.running;
  }

  private async round(): Promise<void> {
    const { database, clock, days, logger } = this.parts;
    // One process of all does it; whoever finds another at it comes again in an hour.
    const turn = await database.locks.tryAny([LOCK]).catch((cause: unknown) => {
      logger.warn({ err: cause }, 'retention was interrupted');
      return null;
    });
    if (!turn) return;
    const now = clock.now();
    const time = { now, before: now - days * DAY_MS };
    // Last, and only when all rows are gone that are to go: what is left of them is asked which packs it holds.
    const packs: Sweep = { name: 'payload packs', sweep: ({ before }) => this.packs.sweep(before) };
    try {
      for (const sweep of [...this.sweeps, packs]) if (!(await this.isDone(sweep, time, turn))) return;
    } finally {
      turn.release();
    }
  }

  private async isDone(sweep: Sweep, time: RetentionTime, turn: Held): Promise<boolean> {
    let deleted = 0;
    try {
      let began = performance.now();
      for await (const rows of sweep.sweep(time)) {
        deleted += rows;
        if (this.isStopping || !turn.isHeld) return false;
        await pause(Math.min(performance.now() - began, PAUSE_MS_MAX));
        began = performance.now();
      }
    } catch (cause) {
      this.parts.logger.warn({ sweep: sweep.name, err: cause }, 'retention was interrupted');
      return false;
    }
    if (deleted > 0) this.parts.logger.info({ sweep: sweep.name, deleted }, 'deleted what was too old');
    return !this.isStopping;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
