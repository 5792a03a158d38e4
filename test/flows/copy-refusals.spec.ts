import { randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { firstUuidAt } from '../../src/platform/ids.ts';
import { type CopyEnd, keyOf, runCopy, sqliteUrl, startOnSqlite } from '../support/copying.ts';
import { type EmptyDatabase, emptyDatabase, hasPostgres } from '../support/empty-database.ts';
import { until } from '../support/until.ts';

const MIGRATION_LOCK = 7_250_001;
let original: string;
let folder: string;
let target: EmptyDatabase;

const copy = (env: Record<string, string> = {}, to = target.url) =>
  runCopy(['--from', sqliteUrl(folder), '--to', to], env);

/** Changes the SQLite file as it lies there. */
function alter(sql: string): void {
  const file = new DatabaseSync(join(folder, 'signalbox.db'));
  file.exec(sql);
  file.close();
}

const tables = () => target.query(`SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace`);

const expectRefused = async (end: CopyEnd, code: number, sentence: string) => {
  expect(end).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(sentence) });
  expect(await tables()).toEqual([]);
};

beforeAll(async () => {
  if (!hasPostgres) return;
  original = mkdtempSync(join(tmpdir(), 'copied-'));
  const server = await startOnSqlite(original);
  await server.createConfig('orders');
  await server.call('orders', { n: 1 });
  await server.stop();
});
beforeEach(async () => {
  if (!hasPostgres) return;
  folder = mkdtempSync(join(tmpdir(), 'copy-'));
  cpSync(original, folder, { recursive: true });
  target = await emptyDatabase();
});
afterEach(async () => {
  if (!hasPostgres) return;
  await target.drop();
  rmSync(folder, { recursive: true, force: true });
});
afterAll(() => {
  if (hasPostgres) rmSync(original, { recursive: true, force: true });
});

describe('The program that copies a database', () => {
  const sqlite = 'sqlite:./nowhere/signalbox.db';
  const postgres = 'postgres://user:a-password@127.0.0.1:1/database';

  it.each([
    [[], 'npm run copy-database -- --from'],
    [['--from', sqlite], 'npm run copy-database -- --from'],
    [['--from', sqlite, '--to', postgres, '--force'], "Unknown option '--force'"],
    [['--from', postgres, '--to', sqlite], 'from SQLite to PostgreSQL and not the other way'],
    [['--from', sqlite, '--to', sqlite], 'from SQLite to PostgreSQL and not the other way'],
    [['--from', './nowhere/signalbox.db', '--to', postgres], '--from must be sqlite:'],
    [['--from', sqlite, '--to', 'mysql://127.0.0.1/database'], '--to must be postgres://'],
    [['--from', sqlite, '--to', 'postgres://user:a-password@127.0.0.1'], '--to must name one database'],
  ])('says how it is used where its arguments are wrong: %j', async (args, sentence) => {
    const { code, stdout, stderr } = await runCopy(args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(sentence);
    expect(stderr).not.toContain('a-password');
  });

  it('refuses a source that is not there, and makes none', async () => {
    const path = join(tmpdir(), `not-there-${randomBytes(4).toString('hex')}.db`);
    const end = await runCopy(['--from', `sqlite:${path}`, '--to', postgres]);
    expect(end).toMatchObject({ code: 3, stderr: expect.stringContaining(`${path} cannot be opened`) });
    expect(existsSync(path)).toBe(false);
  });
});

describe.skipIf(!hasPostgres)('A copy is refused, and the target stays empty,', () => {
  it('while a server has the source open, also one that does nothing', async () => {
    const server = await startOnSqlite(folder);
    const end = await copy();
    await server.stop();
    await expectRefused(end, 3, 'is open in another process: stop the server');
  });

  it('where the source is of an older version', async () => {
    alter('DELETE FROM migrations WHERE id = (SELECT max(id) FROM migrations)');
    await expectRefused(await copy(), 3, 'start this version on it once');
  });

  it('where the source is of a newer version', async () => {
    alter(`INSERT INTO migrations (timestamp, name) VALUES (2000000000000, 'OfTomorrow2000000000000')`);
    await expectRefused(await copy(), 3, 'upgraded by a newer Signalbox (OfTomorrow');
  });

  it('where the source is something else', async () => {
    const path = join(folder, 'signalbox.db');
    for (const name of ['signalbox.db-wal', 'signalbox.db-shm']) rmSync(join(folder, name), { force: true });
    rmSync(path);
    alter('CREATE TABLE notes (id INTEGER PRIMARY KEY)');
    await expectRefused(await copy(), 3, 'is no database of Signalbox');
    writeFileSync(path, 'a letter '.repeat(1_000));
    await expectRefused(await copy(), 3, 'is not a database');
  });

  it('without the key of the installation, with another one, and with what is none', async () => {
    const other = randomBytes(32).toString('base64');
    await expectRefused(await copy({ SECRETS_KEY: other }), 5, 'The key does not open');
    await expectRefused(await copy({ SECRETS_KEY: 'short' }), 5, 'SECRETS_KEY must be 32 bytes');
    rmSync(join(folder, 'secrets.key'));
    await expectRefused(await copy(), 5, 'The key of this installation is missing');
    expect(existsSync(join(folder, 'secrets.key'))).toBe(false);
  });

  it('where the target cannot be reached, in a sentence without the password', async () => {
    const end = await copy({}, 'postgres://user:a-password@127.0.0.1:1/database');
    await expectRefused(end, 4, 'database on 127.0.0.1:1 cannot be reached');
    expect(end.stderr).not.toContain('a-password');
  });

  it('where a table or a column of the source is unknown to PostgreSQL', async () => {
    alter('CREATE TABLE of_tomorrow (id INTEGER PRIMARY KEY)');
    await expectRefused(await copy(), 1, 'PostgreSQL has no table of_tomorrow');
    alter('DROP TABLE of_tomorrow; ALTER TABLE events ADD COLUMN mood TEXT');
    await expectRefused(await copy(), 1, 'PostgreSQL has no column mood in the table events');
  });

  it('where a value cannot be the same there', async () => {
    alter(`UPDATE executions SET received_at = 0.5`);
    const sentence = 'The table executions could not be copied: a number is no bigint';
    await expectRefused(await copy(), 1, sentence);
  });

  it.each([
    [`NEW.description := 'other'; RETURN NEW`, 'webhook_configs', 'the row with id 1 differs in description'],
    ['RETURN NULL', 'webhook_configs', 'the row with id 1 is missing'],
    [
      `INSERT INTO idempotency_keys VALUES (1, 'h', 'a', 'e', 1); RETURN NEW`,
      'idempotency_keys',
      'there are more rows than were copied',
    ],
  ])('where PostgreSQL keeps something else than it was given: %s', async (change, table, sentence) => {
    // No table, so that it is empty still: each that is made here is followed by a trigger that changes rows.
    await target.query(`CREATE FUNCTION change() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN ${change}; END $$`);
    await target.query(`CREATE FUNCTION follow() RETURNS event_trigger LANGUAGE plpgsql AS $$
      BEGIN IF to_regclass('webhook_configs') IS NOT NULL THEN
        CREATE OR REPLACE TRIGGER changed BEFORE INSERT ON webhook_configs FOR EACH ROW EXECUTE FUNCTION change();
      END IF; END $$`);
    await target.query(`CREATE EVENT TRIGGER followed ON ddl_command_end WHEN TAG IN ('CREATE TABLE')
      EXECUTE FUNCTION follow()`);
    await expectRefused(await copy(), 1, `The table ${table} could not be copied: ${sentence}`);
  });
});

describe.skipIf(!hasPostgres)('A copy', () => {
  it('is refused where the target holds anything, which stays as it is', async () => {
    await target.query('CREATE TABLE notes (id integer)');
    expect(await copy()).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('is not empty (it holds notes)'),
    });
    expect(await tables()).toEqual([{ relname: 'notes' }]);
  });

  it('is refused a second time', async () => {
    expect(await copy({ SECRETS_KEY: keyOf(folder) })).toMatchObject({ code: 0 });
    expect(await copy()).toMatchObject({ code: 4, stderr: expect.stringContaining('is not empty') });
  });

  it('is refused where the target cannot hold every text', async () => {
    const narrow = await emptyDatabase(
      `ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' LOCALE_PROVIDER libc TEMPLATE template0`,
    );
    const end = await copy({}, narrow.url);
    await narrow.drop();
    expect(end).toMatchObject({ code: 4, stderr: expect.stringContaining('has the encoding LATIN1') });
  });

  it('parts the last hundred days by day, and what is older lies by itself', async () => {
    const file = new DatabaseSync(join(folder, 'signalbox.db'));
    const [{ id: _id, ...execution }] = file.prepare('SELECT * FROM executions').all() as [
      Record<string, SQLInputValue>,
    ];
    const names = Object.keys(execution);
    const insert = file.prepare(
      `INSERT INTO executions (id, ${names.join(',')}) VALUES (?, ${names.map(() => '?').join(',')})`,
    );
    for (const daysAgo of [3, 99, 200, 400])
      insert.run(
        `exe_${firstUuidAt(Date.now() - daysAgo * 86_400_000)}-7000-8000-000000000000`,
        ...Object.values(execution),
      );
    file.close();
    expect(await copy()).toMatchObject({ code: 0 });
    const parts = await target.query<{ name: string; n: number }>(
      'SELECT tableoid::regclass::text AS name, count(*)::int AS n FROM executions GROUP BY 1 ORDER BY 1',
    );
    expect(parts.map(({ name, n }) => `${name.replace(/\d{8}$/, '<day>')} ${n}`)).toEqual([
      'executions_<day> 1',
      'executions_<day> 1',
      'executions_<day> 1',
      'executions_older 2',
    ]);
  });

  it('keeps everybody else out of the source until it has ended', async () => {
    const holder = new Client({ connectionString: target.url });
    await holder.connect();
    await holder.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    const copying = copy();
    const waiting = `SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
    await until(async () => ((await holder.query(waiting)).rows.length > 0 ? true : null));
    expect(() => alter('SELECT count(*) FROM users')).toThrow('database is locked');
    await holder.end();
    expect(await copying).toMatchObject({ code: 0 });
    alter('SELECT count(*) FROM users');
  });
});
