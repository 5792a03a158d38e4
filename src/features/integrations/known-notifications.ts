import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import { Database, rawQuery } from '../../platform/db/index.ts';
import { Queue } from '../../platform/queue/index.ts';
import { IntegrationNotificationEntity } from './integration-notification.entity.ts';
import { askAgainIn } from './settle-job.ts';

/** What is on record of a receipt. */
export type KnownReceipt = Pick<
  IntegrationNotificationEntity,
  'receiptHash' | 'effectHash' | 'outcome' | 'state'
>;

/** Who waits for what is known of some receipts. */
interface Question {
  hashes: readonly string[];
  resolve: (known: Map<string, KnownReceipt>) => void;
  reject: (cause: unknown) => void;
}

/** Of receipts whose callers wait at the same moment; what is beyond waits for the next look. */
const HASHES_PER_LOOK = 500;

/** Nobody has said that it is true, it has had no effect, and its provider can be asked. */
function isOpen({ effectHash, outcome, state }: KnownReceipt): boolean {
  const isAskedAbout = effectHash !== null && (state === 'unverified' || state === 'refuted');
  return isAskedAbout && (outcome === 'pending' || outcome === 'refuted' || outcome === 'unconfirmed');
}

/** Receipts that are on record already. */
@Injectable()
export class KnownNotifications {
  private readonly asked = new Map<string, Question[]>();

  constructor(
    private readonly database: Database,
    private readonly queue: Queue,
  ) {}

  /**
   * Those of the receipts that are on record, by their hashes. What is asked while a look is on its way shares the
   * next one: looked for one by one, each cost more (0.3 ms) than all else of taking a notification.
   */
  find(provider: string, hashes: readonly string[]): Promise<Map<string, KnownReceipt>> {
    return new Promise((resolve, reject) => {
      const question = { hashes, resolve, reject };
      const waiting = this.asked.get(provider);
      if (waiting) waiting.push(question);
      else {
        this.asked.set(provider, [question]);
        queueMicrotask(() => void this.look(provider));
      }
    });
  }

  /** Whoever says once more what nobody has confirmed may know that it can be confirmed now. */
  async repeated(provider: string, known: Iterable<KnownReceipt>, now: number): Promise<void> {
    const open = [...known].filter(isOpen);
    if (open.length === 0) return;
    const where = { provider, receiptHash: In(open.map(({ receiptHash }) => receiptHash)) };
    await this.database.door.transaction(async (tx) => {
      for (const notification of await tx.manager.find(IntegrationNotificationEntity, { where }))
        if (isOpen(notification)) await askAgainIn(tx, this.queue, notification, now);
    });
  }

  private async look(provider: string): Promise<void> {
    const waiting = this.asked.get(provider)!;
    while (waiting.length > 0) {
      const questions = waiting.splice(0, questionsOfALook(waiting));
      const wanted = new Set(questions.flatMap(({ hashes }) => hashes));
      try {
        const found = await this.stored(provider, [...wanted]);
        for (const { hashes, resolve } of questions) resolve(only(hashes, found));
      } catch (cause) {
        for (const { reject } of questions) reject(cause);
      }
    }
    this.asked.delete(provider);
  }

  private async stored(provider: string, hashes: readonly string[]): Promise<Map<string, KnownReceipt>> {
    const found = await rawQuery<KnownReceipt[]>(
      this.database.read,
      `SELECT receipt_hash AS "receiptHash", effect_hash AS "effectHash", outcome, state
        FROM integration_notifications
        WHERE provider = ? AND receipt_hash IN (${hashes.map(() => '?').join(',')})`,
      [provider, ...hashes],
    );
    return new Map(found.map((known) => [known.receiptHash, known]));
  }
}

function questionsOfALook(waiting: readonly Question[]): number {
  let count = 0;
  let hashes = 0;
  while (count < waiting.length && (count === 0 || hashes + waiting[count]!.hashes.length <= HASHES_PER_LOOK))
    hashes += waiting[count++]!.hashes.length;
  return count;
}

function only(hashes: readonly string[], found: ReadonlyMap<string, KnownReceipt>) {
  return new Map(hashes.flatMap((hash) => (found.has(hash) ? [[hash, found.get(hash)!]] : [])));
}
