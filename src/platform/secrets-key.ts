import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';

/** The key file beside the database: 32 bytes in Base64, readable by its owner only. */
const FILE_NAME = 'secrets.key';

/** Reads the key from the data folder, making it at the first start; it is on disk before anything is sealed with it. */
export function secretsKeyBeside(databasePath: string): Buffer {
  const path = join(dirname(databasePath), FILE_NAME);
  mkdirSync(dirname(path), { recursive: true });
  try {
    const descriptor = openSync(path, 'wx', 0o600);
    writeSync(descriptor, `${randomBytes(32).toString('base64')}\n`);
    fsyncSync(descriptor);
    closeSync(descriptor);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return keyIn(path);
}

/** The same, of a database that is there already; null where it has no key file. */
export function existingKeyBeside(databasePath: string): Buffer | null {
  const path = join(dirname(databasePath), FILE_NAME);
  return existsSync(path) ? keyIn(path) : null;
}

function keyIn(path: string): Buffer {
  const key = Buffer.from(readFileSync(path, 'utf8').trim(), 'base64');
  if (key.length !== 32) throw new Error(`${FILE_NAME} in the data folder does not hold 32 bytes in Base64`);
  return key;
}
