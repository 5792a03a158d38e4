import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A configuration has its draft beside it, and a version knows its account, so that it can be run when its configuration is gone. */
export class ConfigDrafts1764100000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [
      `ALTER TABLE webhook_configs ADD COLUMN draft TEXT`,
      `ALTER TABLE webhook_config_versions ADD COLUMN account_id TEXT NOT NULL DEFAULT 'default'`,
      `UPDATE webhook_config_versions SET account_id = COALESCE(
        (SELECT account_id FROM webhook_configs WHERE id = webhook_config_versions.config_id), 'default')`,
    ])
      await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE webhook_config_versions DROP COLUMN account_id`);
    await runner.query(`ALTER TABLE webhook_configs DROP COLUMN draft`);
  }
}
