import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isPostgres, rowsOf } from './database.ts';

/**
 * How many commits the database of a data folder has seen, to be compared with what it was before: on SQLite those in
 * the write-ahead log, on PostgreSQL those from which a row is left.
 */
export async function commitsOf(dataFolder: string): Promise<number> {
  if (!isPostgres) return commitsInLog(join(dataFolder, 'signalbox.db-wal'));
  const tables = await rowsOf<{ name: string }>(
    dataFolder,
    `SELECT oid::regclass::text AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`,
  );
  const commits = tables.map(({ name }) => `SELECT xmin::text AS id FROM ${name}`).join(' UNION ');
  const [row] = await rowsOf<{ n: number }>(dataFolder, `SELECT count(*) AS n FROM (${commits}) AS commits`);
  return row!.n;
}

/** By SQLite's file format: a frame that ends a commit names the size of the database. */
function commitsInLog(walPath: string): number {
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
