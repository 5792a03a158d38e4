import { randomUUID } from 'node:crypto';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Database, type OwnConnection, TALK } from '../../platform/db/index.ts';
import { Sealer } from '../../platform/sealing.ts';

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
}

/** What one process tells all others. */
type Message =
  { kind: 'watching' } | { kind: 'missed' } | { kind: 'changed'; changes: readonly ExecutionChange[] };

/** Between two signs that somebody watches here. */
const SIGN_MS = 2_000;
/** For how long one sign is believed. */
const BELIEVED_MS = 3 * SIGN_MS;
/** What a sign takes to arrive, on a busy machine too. */
const HEARD_MS = 250;
const TELL_MS_MAX = 2_000;
/** PostgreSQL takes less than 8,000 bytes at a time; sealed and as text these are a third more. */
const BYTES_MAX = 5_600;
/** What is left of a path or key that would make a change too long: the list has all of it. */
const CUT_LENGTH = 300;
/** Changes that wait to be told; with more, others learn that they have missed some. */
const WAITING_MAX = 10_000;

/**
 * What the processes on one database tell each other of executions while somebody watches at one of them: his stream
 * shows what happens at all of them. Sealed, because anybody who may connect to the database can listen and tell. Where a
 * process has the database to itself nobody is told and nothing is heard.
 */
@Injectable()
export class ChangesElsewhere implements OnModuleDestroy {
  /** True while somebody watches at another process, or may. */
  areWatching = false;
  /** By this its own messages are told from those of others. */
  private readonly from = randomUUID();
  private listener: ElsewhereListener | null = null;
  private connection: OwnConnection | null = null;
  private believing: NodeJS.Timeout | undefined;
  private signing: NodeJS.Timeout | undefined;
  /** When the last sign was given that may have been heard. */
  private signedAt = 0;
  /** Settled when the others know that somebody watches here; null: nobody does, or they may not. */
  private known: Promise<void> | null = null;
  private waiting: string[] = [];
  private isTelling = false;
  private isMissedDue = false;

  constructor(
    private readonly database: Database,
    private readonly sealer: Sealer,
  ) {}

  /** Once, before anything else. */
  follow(listener: ElsewhereListener): void {
    this.listener = listener;
    if (!this.database.locks.areShared) return;
    this.database.changes.hear({
      heard: (text) => this.heard(text),
      missed: () => this.wasAway(),
    });
    // Whoever watches already has given his sign before this process could hear it.
    this.believe();
  }

  /** Somebody watches here: resolves when the others know. */
  async watch(): Promise<void> {
    if (!this.database.locks.areShared) return;
    this.signing ??= setInterval(() => void this.sign(), SIGN_MS).unref();
    await (this.known ??= this.sign().then(moment));
  }

  /** Nobody watches here any more. */
  rest(): void {
    clearInterval(this.signing);
    this.signing = undefined;
    this.known = null;
    this.signedAt = 0;
  }

  async onModuleDestroy(): Promise<void> {
    this.rest();
    clearTimeout(this.believing);
    this.areWatching = false;
    await this.connection?.close();
  }

  /** For those who watch elsewhere. */
  tell(change: ExecutionChange): void {
    if (this.waiting.length >= WAITING_MAX) {
      this.waiting = [];
      this.isMissedDue = true;
    }
    this.waiting.push(toldOf(change));
    this.tellSoon();
  }

  private tellSoon(): void {
    if (this.isTelling) return;
    this.isTelling = true;
    setImmediate(() => void this.tellAll());
  }

  private async tellAll(): Promise<void> {
    while (this.areWatching && (this.waiting.length > 0 || this.isMissedDue)) {
      const isMissedDue = this.isMissedDue;
      this.isMissedDue = false;
      try {
        if (isMissedDue) await this.send('{"kind":"missed"}');
        const told = this.nextTold();
        if (told !== null) await this.send(`{"kind":"changed","changes":[${told}]}`);
      } catch {
        // They are cut off, or we are; when that is over they learn that they do not know all.
        this.isMissedDue = true;
        this.waiting = [];
        await moment();
      }
    }
    // Whoever begins to watch later has missed nothing of this.
    this.isMissedDue = false;
    this.waiting = [];
    this.isTelling = false;
  }

  /** As many as go at once. */
  private nextTold(): string | null {
    let bytes = 0;
    let count = 0;
    for (const told of this.waiting) {
      bytes += Buffer.byteLength(told) + 1;
      if (bytes > BYTES_MAX && count > 0) break;
      count++;
    }
    return count === 0 ? null : this.waiting.splice(0, count).join(',');
  }

  /** On a connection of its own: the one that listens tells whether this process is cut off, and may not wait for a commit. */
  private async send(message: string): Promise<void> {
    this.connection ??= this.database.ownConnection({ prologue: [], statementMsMax: TELL_MS_MAX });
    const sealed = this.sealer.seal(Buffer.from(message)).toString('base64');
    await this.connection.query('SELECT pg_notify($1, $2)', [TALK, `${this.from} ${sealed}`], 'tell');
  }

  private async sign(): Promise<void> {
    try {
      await this.send('{"kind":"watching"}');
    } catch {
      this.known = null;
      return;
    }
    const now = performance.now();
    const isLate = this.signedAt > 0 && now - this.signedAt > BELIEVED_MS;
    this.signedAt = now;
    // The others have taken it that nobody watches here any more.
    if (isLate) this.listener?.missed();
  }

  /** Messages of others may have been lost, and ours for them; so may the sign of one who watches there. */
  private wasAway(): void {
    this.known = null;
    this.listener?.missed();
    this.believe();
    this.isMissedDue = true;
    this.tellSoon();
  }

  private heard(text: string): void {
    const message = this.opened(text);
    if (message === null) return;
    if (message.kind === 'watching') this.believe();
    else if (message.kind === 'changed') for (const change of message.changes) this.listener?.changed(change);
    else this.listener?.missed();
  }

  /** Null for our own, and for what nobody with our key has sent. */
  private opened(text: string): Message | null {
    const [from, sealed] = text.split(' ');
    if (from === this.from || sealed === undefined) return null;
    try {
      return JSON.parse(this.sealer.open(Buffer.from(sealed, 'base64')).toString('utf8')) as Message;
    } catch {
      return null;
    }
  }

  private believe(): void {
    clearTimeout(this.believing);
    this.believing = setTimeout(() => (this.areWatching = false), BELIEVED_MS).unref();
    this.areWatching = true;
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
