import type { MigrationInterface, QueryRunner } from 'typeorm';

const tableOf = (name: string, key: string) => `CREATE TABLE ${name} (
  ${key} TEXT NOT NULL,
  n INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  name TEXT NOT NULL,
  input_hash TEXT NOT NULL,
  is_success BOOLEAN NOT NULL,
  status INTEGER NOT NULL,
  started_at BIGINT NOT NULL,
  recorded_at BIGINT NOT NULL,
  payload TEXT,
  PRIMARY KEY (`;
const others = 'n, attempt, name, input_hash, is_success, status, started_at, recorded_at, payload';

/** Recorded calls belong to their execution and are erased and deleted with it; each attempt's are kept. */
export class CallsOfExecutions1764500000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [
      `${tableOf('calls', 'execution_id')}execution_id, n, attempt)) WITHOUT ROWID`,
      `INSERT INTO calls SELECT COALESCE(k.execution_id, c.run_key), ${others
        .split(', ')
        .map((column) => `c.${column}`)
        .join(', ')} FROM execution_calls c
        LEFT JOIN idempotency_keys k ON k.config_id || ':' || k.key_hash = c.run_key`,
      'DROP TABLE execution_calls',
      'ALTER TABLE calls RENAME TO execution_calls',
    ])
      await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of [
      `${tableOf('calls', 'run_key')}run_key, n)) WITHOUT ROWID`,
      `INSERT OR REPLACE INTO calls SELECT COALESCE(k.config_id || ':' || k.key_hash, c.execution_id), ${others
        .split(', ')
        .map((column) => `c.${column}`)
        .join(', ')} FROM execution_calls c
        LEFT JOIN idempotency_keys k ON k.execution_id = c.execution_id
        WHERE c.n > 0 ORDER BY c.attempt`,
      'DROP TABLE execution_calls',
      'ALTER TABLE calls RENAME TO execution_calls',
    ])
      await runner.query(statement);
  }
}
