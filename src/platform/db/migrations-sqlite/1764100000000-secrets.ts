import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Secrets of scripts, each save a row: the one without `replaced_at` is current. */
export class Secrets1764100000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [
      `CREATE TABLE secret_versions (
        account_id TEXT NOT NULL,
        name TEXT NOT NULL,
        version INTEGER NOT NULL,
        sealed_value BLOB NOT NULL,
        config_keys TEXT NOT NULL,
        saved_by TEXT NOT NULL,
        saved_at BIGINT NOT NULL,
        replaced_at BIGINT,
        PRIMARY KEY (account_id, name, version)
      )`,
      `CREATE UNIQUE INDEX secrets_current ON secret_versions (account_id, name) WHERE replaced_at IS NULL`,
      `CREATE INDEX secrets_replaced ON secret_versions (replaced_at) WHERE replaced_at IS NOT NULL`,
    ])
      await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE secret_versions`);
  }
}
