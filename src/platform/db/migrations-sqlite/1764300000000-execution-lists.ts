import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Rows of a table, then for each column of an index how many rows one value has (SQLite's sqlite_stat1). */
const statistics = {
  executions: '1000000 1000000 1',
  executions_by_key: '1000000 20000 1 1',
  executions_unsuccessful: '50000 50000 10000 1',
  executions_unfinished: '100 50 50 1',
};

/**
 * What did not succeed has an index that a call that succeeds does not write. And SQLite is told what a full database
 * looks like: without figures it took any index for as good as another, and read a whole account to find one key.
 */
export class ExecutionLists1764300000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE INDEX executions_unsuccessful ON executions (account_id, status, id)
        WHERE status IN ('failed', 'dead', 'ignored', 'rejected')`,
    );
    // Makes the table of figures; a measured database has its own for executions already.
    await runner.query(`ANALYZE executions`);
    await runner.query(`DELETE FROM sqlite_stat1 WHERE tbl = 'executions'`);
    for (const [index, figures] of Object.entries(statistics))
      await runner.query(`INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('executions', ?, ?)`, [
        index,
        figures,
      ]);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DELETE FROM sqlite_stat1 WHERE tbl = 'executions'`);
    await runner.query(`DROP INDEX executions_unsuccessful`);
  }
}
