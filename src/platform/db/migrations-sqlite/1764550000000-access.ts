import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What users and API clients both have from now on. */
const added = [
  'permissions TEXT',
  'generation INTEGER NOT NULL DEFAULT 1',
  'deleted_at BIGINT',
  'heir_id TEXT',
];

const up = [
  ...['users', 'api_clients'].flatMap((table) =>
    added.map((column) => `ALTER TABLE ${table} ADD COLUMN ${column}`),
  ),
  `CREATE TABLE client_credentials (
    id TEXT PRIMARY KEY,
    client_id TEXT NOT NULL REFERENCES api_clients (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    secret_hash TEXT NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT
  )`,
  `CREATE INDEX client_credentials_by_client ON client_credentials (client_id)`,
  `ALTER TABLE signing_keys ADD COLUMN retired_at BIGINT`,
  // Ids begin with their time: one index serves the order, a range of time and the pages.
  `DROP INDEX audit_log_by_time`,
  `CREATE INDEX audit_log_by_account ON audit_log (account_id, id)`,
];

const down = [
  `DROP INDEX audit_log_by_account`,
  `CREATE INDEX audit_log_by_time ON audit_log (account_id, at)`,
  `ALTER TABLE signing_keys DROP COLUMN retired_at`,
  `DROP TABLE client_credentials`,
  ...['users', 'api_clients'].flatMap((table) =>
    added.map((column) => `ALTER TABLE ${table} DROP COLUMN ${column.split(' ')[0]}`),
  ),
];

/** API clients with credentials of their own, callers that can be deleted, signing keys that are replaced. */
export class Access1764550000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of up) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of down) await runner.query(statement);
  }
}
