import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who runs an execution that nobody goes on with after him: where several processes share a database, only his end ends it. */
export class ProcessOfExecutions1764700000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE executions ADD COLUMN process_id TEXT`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE executions DROP COLUMN process_id`);
  }
}
