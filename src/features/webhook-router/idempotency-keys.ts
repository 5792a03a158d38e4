import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock.ts';
import { Database, type Held, type HotTable, rawQuery, type TableRow } from '../../platform/db/index.ts';
import { type NewJob, Queue } from '../../platform/queue/index.ts';
import { Batcher } from '../../platform/batcher.ts';
import { SharedTurns } from './shared-turns.ts';
import type { WebHookRun } from './webhook-run.ts';

const claims: HotTable = {
  name: 'idempotency_keys',
  columns: ['config_id', 'key_hash', 'account_id', 'execution_id', 'expires_at'],
};

/** Which execution a key belongs to, or belonged to. */
export interface Claim {
  executionId: string;
  /** True: its window is over and its run has ended, and the key is free again. */
  isOver: boolean;
}

/** Keys that are looked for at once. */
const KEYS_PER_LOOK = 100;

interface StoredClaim {
  keyHash: string;
  executionId: string;
  expiresAt: number | string;
  /** The queue goes on with its run. */
  isAtWork: number | boolean;
}

/** Who has an idempotency key: written in the commit that records the call which has it. */
@Injectable()
export class IdempotencyKeys {
  private readonly looks = new Batcher<WebHookRun, StoredClaim | null>(
    (runs) => this.look(runs),
    KEYS_PER_LOOK,
  );

  constructor(
    private readonly database: Database,
    private readonly queue: Queue,
    private readonly clock: Clock,
    private readonly turns: SharedTurns,
  ) {}

  /** True: other processes may have calls with the same key. */
  get areShared(): boolean {
    return this.turns.areShared;
  }

  /** The key for this process alone; null where another one has it for as long as the caller waits. */
  turnOf(run: WebHookRun): Promise<Held | null> {
    return this.turns.take([`key ${run.runKey}`], run.admitted.route.timeoutMs);
  }

  /** Null when nobody has had the key. */
  async find(run: WebHookRun): Promise<Claim | null> {
    const claim = await this.looks.ask(run);
    if (!claim) return null;
    const { executionId, expiresAt, isAtWork } = claim;
    return { executionId, isOver: Number(expiresAt) <= this.clock.now() && !isAtWork };
  }

  /** Takes a key that nobody has had for the run, with the rows and the job. @throws when somebody was faster. */
  async claim(run: WebHookRun, rows: readonly TableRow[], job?: NewJob): Promise<void> {
    const all = [...rows, this.rowOf(run)];
    if (job) await this.queue.add(job, all);
    else await this.database.door.append(all);
  }

  /** The same for a key whose window is over: who had it is forgotten. */
  async takeOver(run: WebHookRun, rows: readonly TableRow[], job?: NewJob): Promise<void> {
    await this.database.door.transaction(async (tx) => {
      await rawQuery(
        tx.manager,
        'DELETE FROM idempotency_keys WHERE config_id = ? AND key_hash = ?',
        placeOf(run),
      );
      await tx.write([...rows, this.rowOf(run)]);
      if (job) await this.queue.addIn(tx, job);
    });
  }

  private async look(runs: readonly WebHookRun[]): Promise<(StoredClaim | null)[]> {
    const found = new Map<string, StoredClaim>();
    for (const [configId, ofConfig] of Map.groupBy(runs, (run) => run.admitted.route.config.id)) {
      const hashes = ofConfig.map((run) => run.idempotencyHash);
      const claims = await rawQuery<StoredClaim[]>(
        this.database.read,
        `SELECT key_hash AS "keyHash", execution_id AS "executionId", expires_at AS "expiresAt",
          EXISTS (SELECT 1 FROM queue_jobs WHERE queue_jobs.id = execution_id) AS "isAtWork"
          FROM idempotency_keys WHERE config_id = ? AND key_hash IN (${hashes.map(() => '?').join(',')})`,
        [configId, ...hashes],
      );
      for (const claim of claims) found.set(`${configId} ${claim.keyHash}`, claim);
    }
    return runs.map((run) => found.get(placeOf(run).join(' ')) ?? null);
  }

  private rowOf(run: WebHookRun): TableRow {
    const { config } = run.admitted.route;
    const windowMs = (config.settings.idempotency?.windowSeconds ?? 0) * 1000;
    const expiresAt = run.admitted.receivedAt + windowMs;
    return {
      table: claims,
      values: [config.id, run.idempotencyHash, config.accountId, run.id, expiresAt],
    };
  }
}

function placeOf(run: WebHookRun): unknown[] {
  return [run.admitted.route.config.id, run.idempotencyHash];
}
