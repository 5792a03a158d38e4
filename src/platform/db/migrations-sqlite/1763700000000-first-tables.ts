import type { MigrationInterface, QueryRunner } from 'typeorm';

const access = [
  `CREATE TABLE users (
    id TEXT PRIMARY KEY,
    account_id TEXT,
    username TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    role TEXT NOT NULL,
    is_enabled BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL
  )`,
  `CREATE TABLE api_clients (
    id TEXT PRIMARY KEY,
    account_id TEXT,
    name TEXT NOT NULL,
    origin TEXT NOT NULL,
    role TEXT NOT NULL,
    is_enabled BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL
  )`,
  `CREATE TABLE refresh_tokens (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    token_hash TEXT NOT NULL UNIQUE,
    expires_at BIGINT NOT NULL
  )`,
  `CREATE INDEX refresh_tokens_by_user ON refresh_tokens (user_id)`,
  `CREATE TABLE signing_keys (
    id TEXT PRIMARY KEY,
    purpose TEXT NOT NULL,
    sealed_private_key BLOB NOT NULL,
    created_at BIGINT NOT NULL
  )`,
  `CREATE TABLE audit_log (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    caller_id TEXT NOT NULL,
    caller_name TEXT NOT NULL,
    command TEXT NOT NULL,
    outcome TEXT NOT NULL,
    request_id TEXT,
    execution_id TEXT,
    input TEXT NOT NULL,
    before TEXT,
    after TEXT
  )`,
  `CREATE INDEX audit_log_by_time ON audit_log (account_id, at)`,
];

const configs = [
  `CREATE TABLE webhook_configs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id TEXT NOT NULL,
    config_key TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL,
    action TEXT NOT NULL,
    path TEXT NOT NULL,
    path_shape TEXT NOT NULL,
    is_enabled BOOLEAN NOT NULL,
    execution_type INTEGER NOT NULL,
    version INTEGER NOT NULL,
    owner_id TEXT NOT NULL,
    settings TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
  )`,
  `CREATE UNIQUE INDEX webhook_configs_by_address ON webhook_configs (action, path_shape)`,
  `CREATE TABLE webhook_config_versions (
    config_id INTEGER NOT NULL,
    version INTEGER NOT NULL,
    config_key TEXT NOT NULL,
    saved_by TEXT NOT NULL,
    saved_at BIGINT NOT NULL,
    snapshot TEXT NOT NULL,
    PRIMARY KEY (config_id, version)
  )`,
];

/** Lists and filters read `executions`; everything large lies in `execution_payloads` (ids are time-ordered). */
const executions = [
  `CREATE TABLE executions (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL,
    config_id INTEGER NOT NULL,
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
    duration_ms REAL
  ) WITHOUT ROWID`,
  `CREATE INDEX executions_by_account ON executions (account_id, id)`,
  `CREATE INDEX executions_by_key ON executions (config_key, id)`,
  `CREATE INDEX executions_unfinished ON executions (status) WHERE status IN ('received', 'running')`,
  `CREATE TABLE execution_payloads (
    execution_id TEXT PRIMARY KEY,
    sealed_request BLOB NOT NULL,
    steps TEXT,
    logs TEXT,
    errors TEXT,
    answer_headers TEXT,
    answer_body TEXT
  )`,
];

/** One row of 64 KiB, written to find out whether a commit comes through again. */
const probe = [`CREATE TABLE write_probe (filler BLOB NOT NULL)`];

/** The tables of access, configurations and executions. */
export class FirstTables1763700000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...access, ...configs, ...executions, ...probe]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    const tables = [
      'write_probe',
      'execution_payloads',
      'executions',
      'webhook_config_versions',
      'webhook_configs',
      'audit_log',
      'signing_keys',
      'refresh_tokens',
      'api_clients',
      'users',
    ];
    for (const table of tables) await runner.query(`DROP TABLE ${table}`);
  }
}
