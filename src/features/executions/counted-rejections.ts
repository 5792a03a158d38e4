import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { type TableRow, WriteDoor } from '../../platform/db/index.ts';
import { type CountedConfig, type CountedEnd, statisticsRow } from './statistics-rows.ts';

/** How long counts gather before they are written: a flood of refused calls is one write a second. */
const GATHER_MS = 1_000;
/** What a database that is away may cost of memory. */
const KEPT_MAX = 10_000;

/** Rejections that leave no record and are only counted (contract §5.1); a crash forgets those of the last second. */
@Injectable()
export class CountedRejections implements OnApplicationShutdown {
  private counts = new Map<string, TableRow>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly door: WriteDoor) {}

  count(config: CountedConfig, end: Omit<CountedEnd, 'status'>): void {
    this.add(statisticsRow(config, { ...end, status: 'rejected' }));
    this.timer ??= setTimeout(() => void this.write(), GATHER_MS).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearTimeout(this.timer);
    await this.write();
  }

  private add(row: TableRow): void {
    const key = JSON.stringify(row.values.slice(0, -1));
    const known = this.counts.get(key);
    if (!known && this.counts.size >= KEPT_MAX) return;
    const count = Number(known?.values.at(-1) ?? 0) + Number(row.values.at(-1));
    this.counts.set(key, { ...row, values: [...row.values.slice(0, -1), count] });
  }

  private async write(): Promise<void> {
    const rows = [...this.counts.values()];
    this.counts = new Map();
    this.timer = undefined;
    if (rows.length === 0) return;
    try {
      await this.door.append(rows);
    } catch {
      // The database is away: with the next second's.
      for (const row of rows) this.add(row);
      this.timer ??= setTimeout(() => void this.write(), GATHER_MS).unref();
    }
  }
}
