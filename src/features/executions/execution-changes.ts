import { Injectable } from '@nestjs/common';
import { WriteDoor } from '../../platform/db/index.ts';
import { uuidV7 } from '../../platform/ids.ts';
import { ChangesElsewhere, type ExecutionChange } from './changes-elsewhere.ts';
import { executionSummary, type SummarizedExecution } from './execution-view.ts';

/** About 500 bytes each, and only while somebody watches. */
const CHANGES_KEPT_MAX = 20_000;
const SPELL_LENGTH = 12;

/** A change as it goes to those who watch. */
export interface KeptChange extends Pick<ExecutionChange, 'accountId' | 'key' | 'status'> {
  text: string;
}

/**
 * The last changes of executions in the order of their commits, for those who watch; of other processes, in the order in
 * which they are told. While nobody does, a change costs a look at `isWatched`. Each time of being watched is a spell with
 * an id of its own; within one, no change is missing.
 */
@Injectable()
export class ExecutionChanges {
  /** True from the first who watches here until some time after the last. */
  private isKeeping = false;
  private spell = '';
  /** At `position % CHANGES_KEPT_MAX`. */
  private kept: KeptChange[] = [];
  /** The position of the next change. */
  private end = 0;
  /** The last attempts of executions that are over: of them nothing earlier is told any more. */
  private over = new Map<string, number>();
  private readonly watchers = new Set<() => void>();
  private isWakeDue = false;

  constructor(
    private readonly door: WriteDoor,
    private readonly elsewhere: ChangesElsewhere,
  ) {
    elsewhere.follow({
      changed: (change) => this.isKeeping && this.keep(change),
      missed: () => this.breakOff(),
    });
  }

  /** True while somebody is to be told, here or elsewhere. */
  get isWatched(): boolean {
    return this.isKeeping || this.elsewhere.areWatching;
  }

  /**
   * From the moment of its return no change is missing.
   * @param wake called once for all changes of a turn of the event loop.
   */
  async watch(wake: () => void): Promise<void> {
    if (!this.isKeeping) {
      this.isKeeping = true;
      this.beginSpell();
    }
    this.watchers.add(wake);
    await this.elsewhere.watch();
    // Who entered the door before did not know that he is watched: his commit comes before this one.
    await this.door.transaction(() => Promise.resolve());
  }

  leave(wake: () => void): void {
    this.watchers.delete(wake);
  }

  /** Forgets everything, unless somebody watches: positions of before lead nowhere. */
  rest(): void {
    if (this.watchers.size > 0) return;
    this.elsewhere.rest();
    this.isKeeping = false;
    this.kept = [];
    this.over = new Map();
    this.end = 0;
  }

  /** Called after the commit, in the order of commits. */
  note(execution: SummarizedExecution): void {
    if (!this.isWatched) return;
    const { accountId, id, key, status, attempt } = execution;
    const isOver = execution.finishedAt !== null;
    const summary = JSON.stringify(executionSummary(execution));
    const change = { accountId, id, key, status, attempt, isOver, summary };
    if (this.isKeeping) this.keep(change);
    if (this.elsewhere.areWatching) this.elsewhere.tell(change);
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
  at(position: number): KeptChange | undefined {
    return position < this.end ? this.kept[position % CHANGES_KEPT_MAX] : undefined;
  }

  private keep({ accountId, id, key, status, attempt, isOver, summary }: ExecutionChange): void {
    // One process has accepted what another has run: each tells of its own, and the second may be the quicker one.
    if (!isOver && (this.over.get(id) ?? 0) >= attempt) return;
    if (isOver) {
      if (this.over.size >= CHANGES_KEPT_MAX) this.over.clear();
      this.over.set(id, attempt);
    }
    const text = `id: ${this.cursorAt(this.end + 1)}\nevent: execution\ndata: ${summary}\n\n`;
    this.kept[this.end % CHANGES_KEPT_MAX] = { accountId, key, status, text };
    this.end++;
    this.wakeAll();
  }

  private wakeAll(): void {
    if (this.isWakeDue) return;
    this.isWakeDue = true;
    setImmediate(() => {
      this.isWakeDue = false;
      for (const wake of this.watchers) wake();
    });
  }

  /** Whoever watches is let go, and told when he comes again that some changes are not kept. */
  private breakOff(): void {
    if (!this.isKeeping) return;
    this.beginSpell();
    this.end += CHANGES_KEPT_MAX + 1;
    this.wakeAll();
  }

  private beginSpell(): void {
    this.spell = uuidV7().replaceAll('-', '').slice(-SPELL_LENGTH);
  }
}
