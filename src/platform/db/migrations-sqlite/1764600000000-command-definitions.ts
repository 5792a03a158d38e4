import type { MigrationInterface, QueryRunner } from 'typeorm';

const callsTable = (place: string) => `CREATE TABLE calls (
  execution_id TEXT NOT NULL,
  ${place && 'place TEXT NOT NULL,'}
  n INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  name TEXT NOT NULL,
  input_hash TEXT NOT NULL,
  is_success BOOLEAN NOT NULL,
  status INTEGER NOT NULL,
  started_at BIGINT NOT NULL,
  recorded_at BIGINT NOT NULL,
  payload TEXT,
  PRIMARY KEY (execution_id, ${place}n, attempt)) WITHOUT ROWID`;
const columns = 'n, attempt, name, input_hash, is_success, status, started_at, recorded_at, payload';

/** Commands defined at run time, and recorded calls that were made within others. */
export class CommandDefinitions1764600000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [
      `CREATE TABLE command_definitions (
        id TEXT PRIMARY KEY NOT NULL,
        account_id TEXT NOT NULL,
        name TEXT NOT NULL UNIQUE,
        version INTEGER NOT NULL,
        owner_id TEXT NOT NULL,
        content TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        updated_at BIGINT NOT NULL)`,
      'CREATE INDEX command_definitions_of_account ON command_definitions (account_id, name)',
      `CREATE TABLE command_definition_versions (
        definition_id TEXT NOT NULL,
        version INTEGER NOT NULL,
        account_id TEXT NOT NULL,
        name TEXT NOT NULL,
        saved_by TEXT NOT NULL,
        saved_at BIGINT NOT NULL,
        content TEXT NOT NULL,
        PRIMARY KEY (definition_id, version))`,
      callsTable('place, '),
      `INSERT INTO calls SELECT execution_id, '', ${columns} FROM execution_calls`,
      'DROP TABLE execution_calls',
      'ALTER TABLE calls RENAME TO execution_calls',
    ])
      await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of [
      callsTable(''),
      `INSERT INTO calls SELECT execution_id, ${columns} FROM execution_calls WHERE place = ''`,
      'DROP TABLE execution_calls',
      'ALTER TABLE calls RENAME TO execution_calls',
      'DROP TABLE command_definition_versions',
      'DROP TABLE command_definitions',
    ])
      await runner.query(statement);
  }
}
