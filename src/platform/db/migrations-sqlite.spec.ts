import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isPostgres } from '../../../test/support/database.ts';
import { dataSourceOptions } from './database.ts';
import { PayloadPacks1764000000000 } from './migrations-sqlite/1764000000000-payload-packs.ts';
import { ConfigDrafts1764100000001 } from './migrations-sqlite/1764100000001-config-drafts.ts';
import { WebHookStatistics1764210000000 } from './migrations-sqlite/1764210000000-webhook-statistics.ts';
import { migrations } from './migrations-sqlite/index.ts';

let folder: string;
let source: DataSource;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'migrations-'));
  source = await new DataSource(await dataSourceOptions(`sqlite:${join(folder, 'm.db')}`, [])).initialize();
});
afterAll(async () => {
  await source.destroy();
  rmSync(folder, { recursive: true, force: true });
});

const schema = async (): Promise<string[]> =>
  (
    (await source.query(
      `SELECT name || ' ' || sql AS text FROM sqlite_master WHERE sql IS NOT NULL AND name <> 'migrations' ORDER BY name`,
    )) as { text: string }[]
  ).map(({ text }) => text.replaceAll(/\s+/g, ' '));

/** Undoes a migration and all that came after it. */
async function undoFrom(migration: (typeof migrations)[number]): Promise<void> {
  for (let left = migrations.length - migrations.indexOf(migration); left > 0; left--)
    await source.undoLastMigration();
}

describe.skipIf(isPostgres)('the migrations of SQLite', () => {
  it('can be undone one by one and done again, to the same tables', async () => {
    await source.runMigrations();
    const whole = await schema();
    for (const _ of migrations) await source.undoLastMigration();
    expect((await schema()).filter((text) => !text.startsWith('sqlite_'))).toEqual([]);
    await source.runMigrations();
    expect(await schema()).toEqual(whole);
  });

  it('keep the executions that were recorded before payloads were packed', async () => {
    await undoFrom(PayloadPacks1764000000000);
    await source.query(
      `INSERT INTO executions (id, account_id, config_id, config_version, config_key, method, path, ip, status, received_at)
       VALUES ('exe_1', 'default', 1, 2, 'orders', 'POST', '/x', '::1', 'succeeded', 5)`,
    );
    await source.query(
      `INSERT INTO execution_payloads (execution_id, sealed_request) VALUES ('exe_1', X'00')`,
    );
    await source.runMigrations();
    expect(await source.query('SELECT id, config_version, status, payload FROM executions')).toEqual([
      { id: 'exe_1', config_version: 2, status: 'succeeded', payload: null },
    ]);
  });

  it('count the executions that ended before there were statistics', async () => {
    await undoFrom(WebHookStatistics1764210000000);
    const durations = [0.2, 1, 1.001, 3, 59_999, 60_001, 900_000, 900_001, null];
    for (const [n, duration] of durations.entries()) {
      await source.query(
        `INSERT INTO executions (account_id, id, config_id, config_version, config_key, method, path, ip, status,
           received_at, finished_at, duration_ms)
         VALUES ('default', ?, 1, 1, 'counted', 'POST', '/x', '::1', 'failed', 5, ?, ?)`,
        [`exe_c${n}`, 180_000 + n, duration],
      );
    }
    await source.runMigrations();
    expect(
      await source.query(
        `SELECT minute, duration_max_ms AS bound, count FROM webhook_stats WHERE config_key = 'counted' ORDER BY bound`,
      ),
    ).toEqual(
      [
        [0, 1],
        [1, 2],
        [2, 1],
        [5, 1],
        [60_000, 1],
        [300_000, 1],
        [900_000, 1],
        [86_400_000, 1],
      ].map(([bound, count]) => ({ minute: 3, bound, count })),
    );
  });

  it('give each version of a configuration the account of its configuration', async () => {
    await undoFrom(ConfigDrafts1764100000001);
    await source.query(
      `INSERT INTO webhook_configs (id, account_id, config_key, description, action, path, path_shape, is_enabled,
         execution_type, version, owner_id, settings, created_at, updated_at)
       VALUES (7, 'elsewhere', 'orders', 'd', 'POST', '/p', '/p', 1, 2, 1, 'usr_1', '{}', 5, 5)`,
    );
    await source.query(
      `INSERT INTO webhook_config_versions (config_id, version, config_key, saved_by, saved_at, snapshot)
       VALUES (7, 1, 'orders', 'usr_1', 5, '{}'), (8, 1, 'gone', 'usr_1', 5, '{}')`,
    );
    await source.runMigrations();
    expect(
      await source.query('SELECT config_id, account_id FROM webhook_config_versions ORDER BY config_id'),
    ).toEqual([
      { config_id: 7, account_id: 'elsewhere' },
      { config_id: 8, account_id: 'default' },
    ]);
  });
});
