import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What ended in which minute, counted by how it ended and how long it took; what is recorded already is counted too. */
export class WebHookStatistics1764210000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TABLE webhook_stats (
        account_id TEXT NOT NULL,
        config_key TEXT NOT NULL,
        minute BIGINT NOT NULL,
        config_id INTEGER NOT NULL,
        status TEXT NOT NULL,
        duration_max_ms BIGINT NOT NULL,
        count BIGINT NOT NULL,
        PRIMARY KEY (account_id, config_key, minute, config_id, status, duration_max_ms)
      ) WITHOUT ROWID`,
    );
    await runner.query(
      `INSERT INTO webhook_stats (account_id, config_key, minute, config_id, status, duration_max_ms, count)
        SELECT account_id, config_key, finished_at / 60000, config_id, status,
          CASE WHEN duration_ms IS NULL THEN 0 WHEN duration_ms <= 1 THEN 1 WHEN duration_ms <= 2 THEN 2
            WHEN duration_ms <= 5 THEN 5 WHEN duration_ms <= 10 THEN 10 WHEN duration_ms <= 25 THEN 25
            WHEN duration_ms <= 50 THEN 50 WHEN duration_ms <= 100 THEN 100 WHEN duration_ms <= 250 THEN 250
            WHEN duration_ms <= 500 THEN 500 WHEN duration_ms <= 1000 THEN 1000 WHEN duration_ms <= 2500 THEN 2500
            WHEN duration_ms <= 5000 THEN 5000 WHEN duration_ms <= 10000 THEN 10000
            WHEN duration_ms <= 30000 THEN 30000 WHEN duration_ms <= 60000 THEN 60000
            WHEN duration_ms <= 300000 THEN 300000 WHEN duration_ms <= 900000 THEN 900000 ELSE 86400000 END,
          count(*)
        FROM executions WHERE finished_at IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE webhook_stats');
  }
}
