import { storedText } from '../stored-text.ts';

/**
 * What a value of SQLite is in a column of PostgreSQL.
 * @param type as a cast writes it.
 * @throws where it cannot be the same there.
 */
export function copiedValue(type: string, value: unknown): unknown {
  if (value === null) return null;
  switch (type) {
    case 'text':
      if (typeof value === 'string') return storedText(value);
      break;
    case 'bytea':
      if (Buffer.isBuffer(value)) return value;
      break;
    case 'boolean':
      if (value === 0 || value === 1) return value === 1;
      break;
    case 'integer':
    case 'bigint':
      if (Number.isSafeInteger(value)) return value;
      break;
    case 'double precision':
      if (typeof value === 'number') return value;
      break;
    default:
      throw new Error(`no value of SQLite is known to be a ${type}`);
  }
  throw new Error(`a ${Buffer.isBuffer(value) ? 'blob' : typeof value} is no ${type}`);
}

/** True where the value that was read back is the one that was written. */
export function isSameValue(written: unknown, read: unknown): boolean {
  if (Buffer.isBuffer(written)) return Buffer.isBuffer(read) && written.equals(read);
  return written === read;
}
