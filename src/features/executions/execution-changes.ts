import { Injectable } from '@nestjs/common';
import { WriteDoor } from '../../platform/db/index.ts';
import { uuidV7 } from '../../platform/ids.ts';
import { executionSummary, type SummarizedExecution } from './execution-view.ts';

/** About 500 bytes each, and only while somebody watches. */
const CHANGES_KEPT_MAX = 20_000;
const SPELL_LENGTH = 12;

/** One change of one execution, on disk when it comes to be here. */
export interface ExecutionChange {
  accountId: string;
  key: string;
  status: string;
  /** As it goes to those who watch. */
  text: string;
}

/**
 * The last changes of executions in the order of their commits, for those who watch. While nobody does, a change costs
 * a look at `isWatched`. Each time of being watched is a spell with an id of its own; within one, no change is missing.
 */
@Injectable()
export class ExecutionChanges {
  /** True while somebody is to be told. */
  isWatched = false;
  private spell = '';
  /** At `position % CHANGES_KEPT_MAX`. */
  private kept: ExecutionChange[] = [];
  /** The position of the next change. */
  private end = 0;
  private readonly watchers = new Set<() => void>();
  private isWakeDue = false;

  constructor(private readonly door: WriteDoor) {}

  /**
   * From the moment of its return no change is missing.
   * @param wake called once for all changes of a turn of the event loop.
   */
  async watch(wake: () => void): Promise<void> {
    if (!this.isWatched) {
      this.isWatched = true;
      this.spell = uuidV7().replaceAll('-', '').slice(-SPELL_LENGTH);
    }
    this.watchers.add(wake);
    // Who entered the door before did not know that he is watched: his commit comes before this one.
    await this.door.transaction(() => Promise.resolve());
  }

  leave(wake: () => void): void {
    this.watchers.delete(wake);
  }

  /** Forgets everything, unless somebody watches: positions of before lead nowhere. */
  rest(): void {
    if (this.watchers.size > 0) return;
    this.isWatched = false;
    this.kept = [];
    this.end = 0;
  }

  /** Called after the commit, in the order of commits. */
  note(execution: SummarizedExecution): void {
    if (!this.isWatched) return;
    const summary = JSON.stringify(executionSummary(execution));
    const { accountId, key, status } = execution;
    const text = `id: ${this.cursorAt(this.end + 1)}\nevent: execution\ndata: ${summary}\n\n`;
    this.kept[this.end % CHANGES_KEPT_MAX] = { accountId, key, status, text };
    this.end++;
    if (this.isWakeDue) return;
    this.isWakeDue = true;
    setImmediate(() => {
      this.isWakeDue = false;
      for (const wake of this.watchers) wake();
    });
  }

  /** The position after the last change. */
  get head(): number {
    return this.end;
  }

  /** What leads back to a position: the id of the change before it. */
  cursorAt(position: number): string {
    return `${this.spell}-${position}`;
  }

  /** Null where changes since are not here any more: another start, or too many since. */
  positionOf(cursor: string): number | null {
    const [spell, digits = ''] = cursor.split('-');
    const position = Number(digits);
    const isOurs = spell === this.spell && /^\d{1,15}$/.test(digits) && position <= this.end;
    return isOurs && this.isKept(position) ? position : null;
  }

  isKept(position: number): boolean {
    return position >= this.end - CHANGES_KEPT_MAX;
  }

  /** The change at a position that is kept, or none yet. */
  at(position: number): ExecutionChange | undefined {
    return position < this.end ? this.kept[position % CHANGES_KEPT_MAX] : undefined;
  }
}
