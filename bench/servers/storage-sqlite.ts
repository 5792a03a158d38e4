import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Storage, StorageKind } from './storage.ts';

/** A file beside what else the row writes: the product's own process reads and writes it. */
export const sqlite: StorageKind = {
  isServer: false,
  obstacle: () => undefined,
  open: (folder) => Promise.resolve(storageIn(join(folder, 'signalbox.db'))),
};

function storageIn(file: string): Storage {
  return {
    env: { DATABASE_URL: `sqlite:${file}` },
    pids: [],
    read: async (work) => {
      const database = new DatabaseSync(file, { readOnly: true });
      try {
        return await work((sql, values = []) => Promise.resolve(database.prepare(sql).all(...values)));
      } finally {
        database.close();
      }
    },
    // It goes with the round's folder.
    drop: () => Promise.resolve(),
  };
}
