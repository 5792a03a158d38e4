import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isPostgres } from '../support/database.ts';
import { Signalbox } from '../support/signalbox.ts';

/** What `docs/operations.md` says of SQLite; PostgreSQL has its own tools for it. */
describe.skipIf(isPostgres)('A copy of the database made while it is in use', () => {
  const folders: string[] = [];
  let original: Signalbox;
  let copyFolder: string;

  const newFolder = (): string => {
    const folder = mkdtempSync(join(tmpdir(), 'backup-'));
    folders.push(folder);
    return folder;
  };

  beforeEach(async () => {
    copyFolder = newFolder();
    original = await Signalbox.start({ dataFolder: newFolder() });
    await original.createConfig('orders');
  });

  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });

  function copyDatabase(): void {
    const database = new DatabaseSync(join(original.dataFolder, 'signalbox.db'));
    database.exec(`VACUUM INTO '${join(copyFolder, 'signalbox.db')}'`);
    database.close();
  }

  it('is, with the key file, the whole installation as it was then', async () => {
    const before = (await original.call('orders', { n: 1 })).headers.get('x-execution-id');
    const answers = Array.from({ length: 60 }, (_, n) => original.call('orders', { n }));
    copyDatabase();
    const statuses = (await Promise.all(answers)).map(({ status }) => status);
    expect(new Set(statuses)).toStrictEqual(new Set([200]));
    copyFileSync(join(original.dataFolder, 'secrets.key'), join(copyFolder, 'secrets.key'));
    const after = (await original.call('orders', { n: 2 })).headers.get('x-execution-id');
    const login = { username: 'admin', password: 'correct horse battery' };
    const response = await fetch(`${original.url}/api/auth/login`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(login),
    });
    const { data } = (await response.json()) as { data: { token: string } };
    await original.stop();

    const restored = await Signalbox.start({ dataFolder: copyFolder });
    expect(await restored.execution(before)).toMatchObject({
      status: 'succeeded',
      request: { body: '{"n":1}' },
    });
    const Authorization = `Bearer ${data.token}`;
    const lost = await restored.command('GetWebHookExecutionByIdQuery', { id: after }, { Authorization });
    expect(lost.status).toBe(404);
    expect((await restored.call('orders', { n: 3 })).status).toBe(200);
    await restored.stop();
  });

  it('is refused with another key than that with which it was written', async () => {
    copyDatabase();
    await original.stop();
    await expect(Signalbox.start({ dataFolder: copyFolder })).rejects.toThrow(
      'SECRETS_KEY is not the key with which this database was written',
    );
  });
});
