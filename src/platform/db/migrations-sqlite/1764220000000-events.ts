import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Events, by account and time; a key that a publisher gave names one event of its account. */
export class Events1764220000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TABLE events (
        account_id TEXT NOT NULL,
        id TEXT NOT NULL,
        type TEXT NOT NULL,
        payload TEXT NOT NULL,
        occurred_at BIGINT NOT NULL,
        caller_id TEXT,
        execution_id TEXT,
        deliveries_disabled BOOLEAN NOT NULL,
        idempotency_key TEXT,
        fingerprint TEXT,
        PRIMARY KEY (account_id, id)
      ) WITHOUT ROWID`,
    );
    await runner.query('CREATE INDEX events_by_type ON events (account_id, type, id)');
    await runner.query(
      'CREATE UNIQUE INDEX events_by_idempotency_key ON events (account_id, idempotency_key) WHERE idempotency_key IS NOT NULL',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE events');
  }
}
