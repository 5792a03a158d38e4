import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'vitest';
import { rowsOf, databaseUrl } from './database.ts';
it('a', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'database-'));
  console.log(await databaseUrl(folder));
  console.log(await rowsOf(folder, 'SELECT count(*) AS n, 1=1 as t, ? as q', ['x']));
});
