import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Sizes, TableSize } from './sizes.ts';

const byTable = `
  SELECT tbl_name AS "table",
    SUM(CASE WHEN type = 'index' THEN pgsize ELSE 0 END) AS indexes,
    SUM(CASE WHEN type = 'index' THEN 0 ELSE pgsize END) AS rows
  FROM dbstat JOIN sqlite_schema ON sqlite_schema.name = dbstat.name
  GROUP BY tbl_name`;

/** The sizes of a database in a file of the folder. */
export function sqliteSizes(folder: string): Sizes {
  const file = join(folder, 'signalbox.db');
  return {
    env: { DATABASE_URL: `sqlite:${file}` },
    tables: () => Promise.resolve(tablesIn(file)),
    written: (serverPid) => {
      const [, bytes] = /^write_bytes: (\d+)$/m.exec(readFileSync(`/proc/${serverPid}/io`, 'utf8'))!;
      return Promise.resolve(Number(bytes));
    },
    close: () => Promise.resolve(),
  };
}

function tablesIn(file: string): TableSize[] {
  const database = new DatabaseSync(file);
  try {
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    return database.prepare(byTable).all() as unknown as TableSize[];
  } finally {
    database.close();
  }
}
