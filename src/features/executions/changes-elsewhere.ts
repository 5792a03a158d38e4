import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Database } from '../../platform/db/index.ts';

/** One change of one execution, on disk when it comes to be here. */
export interface ExecutionChange {
  accountId: string;
  id: string;
  key: string;
  status: string;
  attempt: number;
  isOver: boolean;
  /** JSON text of what the list shows of it. */
  summary: string;
}

/** Who is told of what happens at other processes. */
export interface ElsewhereListener {
  changed(change: ExecutionChange): void;
  /** Some changes there may be unknown here. */
  missed(): void;
  /** Somebody watches there, or nobody does any more. */
  watched(): void;
}

const WATCHING = 'executions watched';
const MISSED = 'executions missed';
const CHANGES = 'executions changed ';
/** Between two signs that somebody watches here. */
const SIGN_MS = 2_000;
/** For how long one sign is believed. */
const BELIEVED_MS = 3 * SIGN_MS;
/** What a sign takes to arrive, on a busy machine too. */
const HEARD_MS = 250;
/** PostgreSQL takes less than 8,000 bytes at a time. */
const BYTES_MAX = 7_500;
/** What is left of a path or key that would make a change too long: the list has all of it. */
const CUT_LENGTH = 300;
/** Changes that wait to be told; with more, others learn that they have missed some. */
const WAITING_MAX = 10_000;

/**
 * What the processes on one database tell each other of executions while somebody watches at one of them: his stream
 * shows what happens at all of them. Where a process has the database to itself nobody is told and nothing is heard.
 */
@Injectable()
export class ChangesElsewhere implements OnModuleDestroy {
  /** True while somebody watches at another process. */
  areWatching = false;
  private listener: ElsewhereListener | null = null;
  private believing: NodeJS.Timeout | undefined;
  private signing: NodeJS.Timeout | undefined;
  private known: Promise<void> | null = null;
  private waiting: string[] = [];
  private isTelling = false;
  private isMissedDue = false;

  constructor(private readonly database: Database) {}

  /** Once, before anything else. */
  follow(listener: ElsewhereListener): void {
    this.listener = listener;
    this.database.changes.hear({
      heard: (text) => this.heard(text),
      missed: () => listener.missed(),
    });
  }

  /** Somebody watches here: resolves when the others know. */
  async watch(): Promise<void> {
    if (!this.database.locks.areShared) return;
    await (this.known ??= this.sign());
  }

  private async sign(): Promise<void> {
    const sign = () => this.database.changes.tell(WATCHING).catch(() => undefined);
    this.signing = setInterval(() => void sign(), SIGN_MS).unref();
    await sign();
    await moment();
  }

  /** Nobody watches here any more. */
  rest(): void {
    clearInterval(this.signing);
    this.known = null;
  }

  onModuleDestroy(): void {
    this.rest();
    clearTimeout(this.believing);
    this.areWatching = false;
  }

  /** For those who watch elsewhere. */
  tell(change: ExecutionChange): void {
    if (this.waiting.length >= WAITING_MAX) {
      this.waiting = [];
      this.isMissedDue = true;
    }
    this.waiting.push(toldOf(change));
    if (!this.isTelling) {
      this.isTelling = true;
      setImmediate(() => void this.tellAll());
    }
  }

  private async tellAll(): Promise<void> {
    while (this.waiting.length > 0 || this.isMissedDue) {
      try {
        if (this.isMissedDue) await this.database.changes.tell(MISSED);
        this.isMissedDue = false;
        const told = this.nextTold();
        if (told !== null) await this.database.changes.tell(CHANGES + told);
      } catch {
        // They are cut off, or we are; when that is over they learn that they do not know all.
        this.isMissedDue = true;
        this.waiting = [];
        await moment();
        if (!this.areWatching) this.isMissedDue = false;
      }
    }
    this.isTelling = false;
  }

  /** As many as go at once, as a JSON array. */
  private nextTold(): string | null {
    let bytes = 0;
    let count = 0;
    for (const told of this.waiting) {
      bytes += Buffer.byteLength(told) + 1;
      if (bytes > BYTES_MAX && count > 0) break;
      count++;
    }
    return count === 0 ? null : `[${this.waiting.splice(0, count).join(',')}]`;
  }

  private heard(text: string): void {
    if (text === WATCHING) this.believe();
    else if (text === MISSED) this.listener?.missed();
    else if (text.startsWith(CHANGES)) {
      for (const change of JSON.parse(text.slice(CHANGES.length)) as ExecutionChange[])
        this.listener?.changed(change);
    }
  }

  private believe(): void {
    clearTimeout(this.believing);
    this.believing = setTimeout(() => {
      this.areWatching = false;
      this.listener?.watched();
    }, BELIEVED_MS).unref();
    if (this.areWatching) return;
    this.areWatching = true;
    this.listener?.watched();
  }
}

function moment(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, HEARD_MS).unref());
}

/** JSON text of a change, short enough to be sent. */
function toldOf(change: ExecutionChange): string {
  const told = JSON.stringify(change);
  if (Buffer.byteLength(told) <= BYTES_MAX) return told;
  const { path, idempotencyKey, ...rest } = JSON.parse(change.summary) as Record<string, string | null>;
  const summary = JSON.stringify({ ...rest, path: cut(path), idempotencyKey: cut(idempotencyKey) });
  return JSON.stringify({ ...change, summary });
}

function cut(text: string | null | undefined): string | null {
  return text === null || text === undefined ? null : text.slice(0, CUT_LENGTH);
}
