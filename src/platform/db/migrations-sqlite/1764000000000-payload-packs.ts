import type { MigrationInterface, QueryRunner } from 'typeorm';

const head = `config_id, config_version, config_key, method, path, ip, status, code, answer_status, received_at,
  finished_at, duration_ms`;

const headColumns = `config_id INTEGER NOT NULL,
    config_version INTEGER NOT NULL,
    config_key TEXT NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    ip TEXT NOT NULL,
    status TEXT NOT NULL,
    code TEXT,
    answer_status INTEGER,
    received_at BIGINT NOT NULL,
    finished_at BIGINT,
    duration_ms REAL`;

const indexes = [
  `CREATE INDEX executions_by_key ON executions (config_key, id)`,
  `CREATE INDEX executions_unfinished ON executions (status) WHERE status IN ('received', 'running')`,
];

/**
 * Payloads of executions move into packs, and executions are kept by account and id, one index less to write. What
 * was recorded before keeps its row; its payload is dropped, for it cannot be packed without the key.
 */
export class PayloadPacks1764000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [
      `DROP TABLE execution_payloads`,
      `CREATE TABLE payload_packs (id TEXT PRIMARY KEY, sealed BLOB NOT NULL)`,
      `ALTER TABLE executions RENAME TO executions_before`,
      `CREATE TABLE executions (
        account_id TEXT NOT NULL,
        id TEXT NOT NULL,
        ${headColumns},
        payload TEXT,
        PRIMARY KEY (account_id, id)
      ) WITHOUT ROWID`,
      `INSERT INTO executions (account_id, id, ${head}) SELECT account_id, id, ${head} FROM executions_before`,
      `DROP TABLE executions_before`,
      ...indexes,
    ])
      await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of [
      `ALTER TABLE executions RENAME TO executions_after`,
      `CREATE TABLE executions (id TEXT PRIMARY KEY, account_id TEXT NOT NULL, ${headColumns}) WITHOUT ROWID`,
      `INSERT INTO executions (account_id, id, ${head}) SELECT account_id, id, ${head} FROM executions_after`,
      `DROP TABLE executions_after`,
      `CREATE INDEX executions_by_account ON executions (account_id, id)`,
      ...indexes,
      `DROP TABLE payload_packs`,
      `CREATE TABLE execution_payloads (
        execution_id TEXT PRIMARY KEY,
        sealed_request BLOB NOT NULL,
        steps TEXT,
        logs TEXT,
        errors TEXT,
        answer_headers TEXT,
        answer_body TEXT
      )`,
    ])
      await runner.query(statement);
  }
}
