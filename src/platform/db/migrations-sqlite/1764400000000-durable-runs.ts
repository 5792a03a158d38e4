import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Work that goes on after its answer: the queue, what a run's calls have given so far, and keys that count a call once. */
export class DurableRuns1764400000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [
      `ALTER TABLE executions ADD COLUMN attempt INTEGER NOT NULL DEFAULT 1`,
      `ALTER TABLE executions ADD COLUMN next_attempt_at BIGINT`,
      `ALTER TABLE executions ADD COLUMN idempotency_key TEXT`,
      `ALTER TABLE executions ADD COLUMN replay_of TEXT`,
      `ALTER TABLE executions ADD COLUMN is_durable BOOLEAN`,
      `CREATE INDEX executions_by_idempotency_key ON executions (account_id, idempotency_key, id)
        WHERE idempotency_key IS NOT NULL`,
      `CREATE TABLE queue_jobs (
        id TEXT PRIMARY KEY,
        kind TEXT NOT NULL,
        lane TEXT NOT NULL,
        group_key TEXT,
        run_at BIGINT NOT NULL,
        attempt INTEGER NOT NULL,
        data TEXT NOT NULL
      ) WITHOUT ROWID`,
      `CREATE INDEX queue_jobs_by_time ON queue_jobs (run_at, id) WHERE group_key IS NULL`,
      `CREATE INDEX queue_jobs_of_groups ON queue_jobs (id) WHERE group_key IS NOT NULL`,
      `CREATE TABLE execution_calls (
        run_key TEXT NOT NULL,
        n INTEGER NOT NULL,
        attempt INTEGER NOT NULL,
        name TEXT NOT NULL,
        input_hash TEXT NOT NULL,
        is_success BOOLEAN NOT NULL,
        status INTEGER NOT NULL,
        started_at BIGINT NOT NULL,
        recorded_at BIGINT NOT NULL,
        payload TEXT,
        PRIMARY KEY (run_key, n)
      ) WITHOUT ROWID`,
      `CREATE TABLE idempotency_keys (
        config_id INTEGER NOT NULL,
        key_hash TEXT NOT NULL,
        account_id TEXT NOT NULL,
        execution_id TEXT NOT NULL,
        expires_at BIGINT NOT NULL,
        PRIMARY KEY (config_id, key_hash)
      ) WITHOUT ROWID`,
      `CREATE INDEX idempotency_keys_by_end ON idempotency_keys (expires_at)`,
    ])
      await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of [
      `DROP TABLE idempotency_keys`,
      `DROP TABLE execution_calls`,
      `DROP TABLE queue_jobs`,
      `DROP INDEX executions_by_idempotency_key`,
      ...['is_durable', 'replay_of', 'idempotency_key', 'next_attempt_at', 'attempt'].map(
        (column) => `ALTER TABLE executions DROP COLUMN ${column}`,
      ),
    ])
      await runner.query(statement);
  }
}
