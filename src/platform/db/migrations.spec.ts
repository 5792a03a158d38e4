import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dataSourceOptions } from './database.ts';
import { migrations } from './migrations/index.ts';
import { PayloadPacks1764000000000 } from './migrations/1764000000000-payload-packs.ts';

let folder: string;
let source: DataSource;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'migrations-'));
  source = await new DataSource(dataSourceOptions(`sqlite:${join(folder, 'm.db')}`, [])).initialize();
});
afterAll(async () => {
  await source.destroy();
  rmSync(folder, { recursive: true, force: true });
});

/** Undoes one migration and all later ones. */
async function undo(migration: (typeof migrations)[number]): Promise<void> {
  for (const _ of migrations.slice(migrations.indexOf(migration))) await source.undoLastMigration();
}

const schema = async (): Promise<string[]> =>
  (
    (await source.query(
      `SELECT name || ' ' || sql AS text FROM sqlite_master WHERE sql IS NOT NULL AND name <> 'migrations' ORDER BY name`,
    )) as { text: string }[]
  ).map(({ text }) => text.replaceAll(/\s+/g, ' '));

describe('the migrations', () => {
  it('can be undone one by one and done again, to the same tables', async () => {
    await source.runMigrations();
    const whole = await schema();
    for (const _ of migrations) await source.undoLastMigration();
    expect((await schema()).filter((text) => !text.startsWith('sqlite_'))).toEqual([]);
    await source.runMigrations();
    expect(await schema()).toEqual(whole);
  });

  it('keep the executions that were recorded before payloads were packed', async () => {
    await undo(PayloadPacks1764000000000);
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
});
