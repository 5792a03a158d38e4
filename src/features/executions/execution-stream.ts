import type { Writable } from 'node:stream';
import type { ExecutionStatus } from './execution.entity.ts';
import type { ExecutionChanges, KeptChange } from './execution-changes.ts';

/** What goes into one write; the socket's own buffer is all that a connection has. */
const TEXT_LENGTH_MAX = 65_536;
/** A reader who takes nothing for so long is gone. */
const STUCK_MS_MAX = 30_000;
/** Milliseconds after which a client comes again. */
const RETRY_MS = 2_000;

/** What somebody wants to see of the changes. */
export interface StreamWish {
  accountId: string;
  key?: string | undefined;
  status?: ExecutionStatus | undefined;
  /** The id of the last change that he has seen. */
  lastEventId?: string | undefined;
  /** Asked again and again: who may not watch any more is let go. */
  isStillAllowed: () => Promise<boolean>;
}

/**
 * One reader's place in the changes. Nothing is kept for him: a reader so slow that his place is not among the kept
 * changes any more is let go, and told so when he comes again.
 */
export class ExecutionStream {
  private position: number;
  private blockedSince: number | null = null;
  private sink: Writable | null = null;

  constructor(
    private readonly changes: ExecutionChanges,
    private readonly wish: StreamWish,
    /** Monotonic milliseconds. */
    private readonly now: () => number,
  ) {
    this.position = changes.head;
  }

  /** Begins to write; the sink's end is the stream's. */
  begin(sink: Writable): void {
    this.sink = sink;
    const { lastEventId } = this.wish;
    const known = lastEventId ? this.changes.positionOf(lastEventId) : this.position;
    this.position = known ?? this.changes.head;
    const reset =
      known === null
        ? 'event: reset\ndata: {"reason":"Changes since the Last-Event-ID are not kept any more: read the list again"}\n'
        : '';
    this.write(`retry: ${RETRY_MS}\nid: ${this.changes.cursorAt(this.position)}\n${reset}\n`);
    this.wake();
  }

  /** Writes what has come, as far as the reader takes it. */
  wake(): void {
    if (!this.sink) return;
    if (!this.changes.isKept(this.position)) {
      this.sink.destroy();
      return;
    }
    while (this.blockedSince === null) {
      const text = this.nextText();
      if (text === '') return;
      this.write(text);
    }
  }

  /** A sign of life, with which the reader's place moves on past changes that he does not want to see. */
  async tick(): Promise<void> {
    if (!(await this.wish.isStillAllowed())) this.end();
    else if (this.blockedSince !== null && this.now() - this.blockedSince > STUCK_MS_MAX)
      this.sink?.destroy();
    else if (this.blockedSince === null) this.write(`:\nid: ${this.changes.cursorAt(this.position)}\n\n`);
  }

  end(): void {
    const { sink } = this;
    this.sink = null;
    // Whoever takes nothing would hold the end up too.
    if (this.blockedSince !== null) sink?.destroy();
    else if (sink && !sink.destroyed) sink.end();
  }

  private write(text: string): void {
    if (!this.sink || this.sink.write(text)) return;
    this.blockedSince = this.now();
    this.sink.once('drain', () => {
      this.blockedSince = null;
      this.wake();
    });
  }

  private nextText(): string {
    let text = '';
    for (let change = this.changes.at(this.position); change; change = this.changes.at(this.position)) {
      this.position++;
      if (this.isWanted(change)) text += change.text;
      if (text.length >= TEXT_LENGTH_MAX) break;
    }
    return text;
  }

  private isWanted({ accountId, key, status }: KeptChange): boolean {
    const { wish } = this;
    return (
      accountId === wish.accountId &&
      (wish.key === undefined || wish.key === key) &&
      (wish.status === undefined || wish.status === status)
    );
  }
}
