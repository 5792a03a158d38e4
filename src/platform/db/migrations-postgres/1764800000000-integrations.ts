import type { MigrationInterface, QueryRunner } from 'typeorm';
import { TEXT } from './text-column.ts';

const tables = [
  `CREATE TABLE integration_notifications (
    account_id ${TEXT} NOT NULL,
    id ${TEXT} NOT NULL,
    provider ${TEXT} NOT NULL,
    kind ${TEXT} NOT NULL,
    receipt_hash ${TEXT} NOT NULL,
    effect_hash ${TEXT},
    provider_id ${TEXT},
    config_key ${TEXT},
    state ${TEXT} NOT NULL,
    outcome ${TEXT} NOT NULL,
    detail ${TEXT},
    ip ${TEXT},
    received_at bigint NOT NULL,
    settled_at bigint,
    event_id ${TEXT},
    execution_id ${TEXT},
    duplicate_of ${TEXT},
    payload ${TEXT},
    PRIMARY KEY (account_id, id)
  )`,
  'CREATE UNIQUE INDEX integration_notifications_by_receipt ON integration_notifications (provider, receipt_hash)',
  `CREATE TABLE integration_effects (
    provider ${TEXT} NOT NULL,
    effect_hash ${TEXT} NOT NULL,
    notification_id ${TEXT} NOT NULL,
    counted_at bigint NOT NULL,
    PRIMARY KEY (provider, effect_hash)
  )`,
  `CREATE TABLE integration_checks (
    notification_id ${TEXT} NOT NULL,
    checked_at bigint NOT NULL,
    state ${TEXT} NOT NULL,
    detail ${TEXT} NOT NULL,
    PRIMARY KEY (notification_id, checked_at)
  )`,
];

/** Notifications of providers, each receipt once, and what has had its effect. */
export class Integrations1764800000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const table of tables) await runner.query(table);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const name of ['checks', 'effects', 'notifications'])
      await runner.query(`DROP TABLE integration_${name}`);
  }
}
