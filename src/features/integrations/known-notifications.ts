import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import { Database, rawQuery } from '../../platform/db/index.ts';
import { Queue } from '../../platform/queue/index.ts';
import { Batcher } from '../../platform/batcher.ts';
import { IntegrationNotificationEntity } from './integration-notification.entity.ts';
import { askAgainIn } from './settle-job.ts';

/** What is on record of a receipt. */
export type KnownReceipt = Pick<
  IntegrationNotificationEntity,
  'receiptHash' | 'effectHash' | 'outcome' | 'state'
>;

/** Whether a receipt is on record. */
type Question = Pick<IntegrationNotificationEntity, 'provider' | 'receiptHash'>;

/** Looked for with one statement; a body may have a thousand, and SQLite takes 32,766 values. */
const RECEIPTS_PER_LOOK = 500;

/** Nobody has said that it is true, it has had no effect, and its provider can be asked. */
function isOpen({ effectHash, outcome, state }: KnownReceipt): boolean {
  const isAskedAbout = effectHash !== null && (state === 'unverified' || state === 'refuted');
  return isAskedAbout && (outcome === 'pending' || outcome === 'refuted' || outcome === 'unconfirmed');
}

/** Receipts that are on record already. */
@Injectable()
export class KnownNotifications {
  /** One by one they took half of the CPU of taking a notification. */
  private readonly looks = new Batcher<Question, KnownReceipt | null>(
    (questions) => this.look(questions),
    RECEIPTS_PER_LOOK,
  );

  constructor(
    private readonly database: Database,
    private readonly queue: Queue,
  ) {}

  /** Those of the receipts that are on record. */
  async find(provider: string, hashes: readonly string[]): Promise<KnownReceipt[]> {
    const asked = hashes.map((receiptHash) => this.looks.ask({ provider, receiptHash }));
    return (await Promise.all(asked)).filter((known) => known !== null);
  }

  /** Whoever says once more what nobody has confirmed may know that it can be confirmed now. */
  async repeated(provider: string, known: readonly KnownReceipt[], now: number): Promise<void> {
    const open = known.filter(isOpen);
    if (open.length === 0) return;
    const where = { provider, receiptHash: In(open.map(({ receiptHash }) => receiptHash)) };
    await this.database.door.transaction(async (tx) => {
      for (const notification of await tx.manager.find(IntegrationNotificationEntity, { where }))
        if (isOpen(notification)) await askAgainIn(tx, this.queue, notification, now);
    });
  }

  private async look(questions: readonly Question[]): Promise<(KnownReceipt | null)[]> {
    const found = new Map<string, KnownReceipt>();
    for (const [provider, ofProvider] of Map.groupBy(questions, (question) => question.provider)) {
      const known = await rawQuery<KnownReceipt[]>(
        this.database.read,
        `SELECT receipt_hash AS "receiptHash", effect_hash AS "effectHash", outcome, state
          FROM integration_notifications
          WHERE provider = ? AND receipt_hash IN (${ofProvider.map(() => '?').join(',')})`,
        [provider, ...ofProvider.map(({ receiptHash }) => receiptHash)],
      );
      for (const one of known) found.set(`${provider} ${one.receiptHash}`, one);
    }
    return questions.map(({ provider, receiptHash }) => found.get(`${provider} ${receiptHash}`) ?? null);
  }
}
