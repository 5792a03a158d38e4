/** Milliseconds a commit waits for another process's lock before its callers are told to come again. */
export const LOCK_WAIT_MS = 2_000;

const storageFailures =
  /SQLITE_(FULL|BUSY|LOCKED|IOERR|CORRUPT|CANTOPEN|READONLY|NOMEM|NOTADB|PROTOCOL|MISUSE)/;

/** True when the whole commit is lost (disk full, locked, I/O), false when only a statement was bad. */
export function isStorageFailure(cause: unknown): boolean {
  const { code, driverError } = (cause ?? {}) as { code?: string; driverError?: { code?: string } };
  return storageFailures.test(driverError?.code ?? code ?? '');
}

/** Without a write SQLite would commit on a full disk too; with a small one it would use what is left in its log. */
export const PROBE = 'DELETE FROM write_probe;INSERT INTO write_probe VALUES (zeroblob(65536));';

/** What durability rests on, on the connection that writes. */
export const writingPragmas = [
  // Each commit's fsync returns before the commit does (SQLite's WAL default, NORMAL, loses the last commits on power loss).
  'synchronous = FULL',
  // The log keeper folds at 16 MiB; a commit does it itself only at 128 MiB, where nobody else could.
  'wal_autocheckpoint = 32000',
  // Rows that SQLite moves about leave no copies behind: a purge would not find them. No cost that could be measured.
  'secure_delete = FAST',
  'temp_store = MEMORY',
] as const;
