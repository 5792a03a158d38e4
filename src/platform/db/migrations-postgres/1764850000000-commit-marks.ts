import type { MigrationInterface, QueryRunner } from 'typeorm';
import { TEXT } from './text-column.ts';

/** The last transaction of each process: whether one was committed says the database itself, also after it has crashed. */
export class CommitMarks1764850000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TABLE commit_marks (process ${TEXT} PRIMARY KEY, mark ${TEXT} NOT NULL, made_at bigint NOT NULL)`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE commit_marks');
  }
}
