import { readFileSync } from 'node:fs';

/** How many commits a write-ahead log holds, by SQLite's file format: a frame that ends a commit names the size of the database. */
export function commitsInLog(walPath: string): number {
  const log = readFileSync(walPath);
  if (log.length < 32) return 0;
  const frameBytes = 24 + log.readUInt32BE(8);
  const salt = log.subarray(16, 24);
  let commits = 0;
  for (let at = 32; at + frameBytes <= log.length; at += frameBytes) {
    const isOfThisLog = log.subarray(at + 8, at + 16).equals(salt);
    if (isOfThisLog && log.readUInt32BE(at + 4) > 0) commits += 1;
  }
  return commits;
}
