import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import { Database, rawQuery } from '../../platform/db/index.ts';
import { Queue } from '../../platform/queue/index.ts';
import { Together } from '../../platform/together.ts';
import { IntegrationNotificationEntity } from './integration-notification.entity.ts';
import { askAgainIn } from './settle-job.ts';

/** What is on record of a receipt. */
export type KnownReceipt = Pick<
  IntegrationNotificationEntity,
  'receiptHash' | 'effectHash' | 'outcome' | 'state'
>;

/** Of one provider, looked for at once. */
interface Question {
  provider: string;
  hashes: readonly string[];
}

/** A body of Remita may have hundreds of receipts, one of the others has one. */
const CALLS_PER_LOOK = 50;

/** Nobody has said that it is true, it has had no effect, and its provider can be asked. */
function isOpen({ effectHash, outcome, state }: KnownReceipt): boolean {
  const isAskedAbout = effectHash !== null && (state === 'unverified' || state === 'refuted');
  return isAskedAbout && (outcome === 'pending' || outcome === 'refuted' || outcome === 'unconfirmed');
}

/** Receipts that are on record already. */
@Injectable()
export class KnownNotifications {
  /** Looked for one by one, each cost more (0.3 ms) than all else of taking a notification. */
  private readonly looks = new Together<Question, Map<string, KnownReceipt>>(
    (questions) => this.look(questions),
    CALLS_PER_LOOK,
  );

  constructor(
    private readonly database: Database,
    private readonly queue: Queue,
  ) {}

  /** Those of the receipts that are on record, by their hashes. */
  find(provider: string, hashes: readonly string[]): Promise<Map<string, KnownReceipt>> {
    return this.looks.ask({ provider, hashes });
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

  private async look(questions: readonly Question[]): Promise<Map<string, KnownReceipt>[]> {
    const stored = new Map<string, Map<string, KnownReceipt>>();
    for (const [provider, ofProvider] of Map.groupBy(questions, (question) => question.provider)) {
      const hashes = new Set(ofProvider.flatMap((question) => question.hashes));
      stored.set(provider, await this.stored(provider, [...hashes]));
    }
    return questions.map(({ provider, hashes }) => only(hashes, stored.get(provider)!));
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

function only(hashes: readonly string[], found: ReadonlyMap<string, KnownReceipt>) {
  return new Map(hashes.flatMap((hash) => (found.has(hash) ? [[hash, found.get(hash)!]] : [])));
}
