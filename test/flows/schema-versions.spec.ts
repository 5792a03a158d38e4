import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseEnv, databaseUrl, execute } from '../support/database.ts';
import { Signalbox } from '../support/signalbox.ts';

const run = promisify(execFile);
const main = new URL('../../dist/main.js', import.meta.url).pathname;
const typeorm = new URL('../../node_modules/typeorm/cli.js', import.meta.url).pathname;
const settings = new URL('../../ormconfig.ts', import.meta.url).pathname;
let folder: string;

/** As `npm run db -- migration:show` does after its build. */
async function shownMigrations(): Promise<string[]> {
  const env = { PATH: process.env['PATH'], DATABASE_URL: await databaseUrl(folder) };
  const { stdout } = await run(process.execPath, [typeorm, '-d', settings, 'migration:show'], { env });
  return stdout.split('\n').filter((line) => line.startsWith('['));
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'schema-versions-'));
  await (await Signalbox.start({ dataFolder: folder })).stop();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('The versions of the tables', () => {
  it('are shown by the command line of TypeORM, which needs the address of the database and no key', async () => {
    const shown = await shownMigrations();
    expect(shown.length).toBeGreaterThan(0);
    expect(shown.filter((line) => !line.startsWith('[X] '))).toEqual([]);
  });

  it('that a newer Signalbox made are refused at the start, in a sentence that says what to do', async () => {
    await execute(
      folder,
      `INSERT INTO migrations (timestamp, name) VALUES (2000000000000, 'OfTomorrow2000000000000')`,
    );
    const env = { PATH: process.env['PATH'], PORT: '0', ...(await databaseEnv(folder)) };
    await expect(run(process.execPath, [main], { env })).rejects.toMatchObject({
      code: 1,
      stderr:
        'Signalbox cannot start:\n  The database was upgraded by a newer Signalbox (OfTomorrow2000000000000 is unknown' +
        ' to this one): start that version or a later one, or restore the backup made before the upgrade\n',
    });
    await execute(folder, `DELETE FROM migrations WHERE name = 'OfTomorrow2000000000000'`);
    await (await Signalbox.start({ dataFolder: folder })).stop();
  });
});
