import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hash } from '@node-rs/argon2';
import sqlite3 from 'sqlite3';
import { Signalbox } from './signalbox.ts';

/** Who is in the cast: one user for each role below admin, and two who must get nowhere. */
const people = {
  viewer: { role: 'viewer', accountId: null, isEnabled: 1 },
  operator: { role: 'operator', accountId: null, isEnabled: 1 },
  designer: { role: 'designer', accountId: null, isEnabled: 1 },
  /** An admin of another account: sees nothing of the default one. */
  stranger: { role: 'admin', accountId: 'elsewhere', isEnabled: 1 },
  /** Has the right password and is disabled. */
  leaver: { role: 'admin', accountId: null, isEnabled: 0 },
} as const;

export type Person = keyof typeof people;

/** The password of everybody in the cast. */
export const CAST_PASSWORD = 'four score and seven';

/** A server with users of every role. */
export interface Cast {
  signalbox: Signalbox;
  /** The request headers of each person who can sign in. */
  as: Readonly<Record<Exclude<Person, 'leaver'>, Record<string, string>>>;
  /** The id of each person, as configurations and the audit log name it. */
  idOf: Readonly<Record<Person, string>>;
  stop(): Promise<void>;
}

/**
 * Starts the product on a data folder that has users of every role. No command makes users yet, so that their rows
 * are written between a first start, which makes the tables, and the second.
 */
export async function startWithRoles(env: Record<string, string> = {}): Promise<Cast> {
  const dataFolder = mkdtempSync(join(tmpdir(), 'signalbox-roles-'));
  const first = await Signalbox.start({ dataFolder });
  await first.stop();
  const idOf = await insertPeople(join(dataFolder, 'signalbox.db'));
  const signalbox = await Signalbox.start({ dataFolder, env });
  const as = {
    viewer: await signIn(signalbox, 'viewer'),
    operator: await signIn(signalbox, 'operator'),
    designer: await signIn(signalbox, 'designer'),
    stranger: await signIn(signalbox, 'stranger'),
  };
  const stop = async () => {
    await signalbox.stop();
    rmSync(dataFolder, { recursive: true, force: true });
  };
  return { signalbox, as, idOf, stop };
}

/** Signs a person in and returns the headers that show it. */
async function signIn(signalbox: Signalbox, username: Person): Promise<Record<string, string>> {
  const response = await fetch(`${signalbox.url}/api/auth/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ username, password: CAST_PASSWORD }),
  });
  const body = (await response.json()) as { data: { token: string } | null };
  if (body.data === null) throw new Error(`${username} cannot sign in: ${JSON.stringify(body)}`);
  return { Authorization: `Bearer ${body.data.token}` };
}

async function insertPeople(path: string): Promise<Record<Person, string>> {
  const passwordHash = await hash(CAST_PASSWORD);
  const idOf: Record<string, string> = {};
  const database = new sqlite3.Database(path);
  for (const [name, { role, accountId, isEnabled }] of Object.entries(people)) {
    const id = `usr_${name}`;
    idOf[name] = id;
    await run(database, [id, accountId, name, passwordHash, role, isEnabled, Date.now()]);
  }
  await new Promise<void>((resolve, reject) =>
    database.close((error) => (error ? reject(error) : resolve())),
  );
  return idOf;
}

function run(database: sqlite3.Database, values: readonly unknown[]): Promise<void> {
  const sql = `INSERT INTO users (id, account_id, username, password_hash, role, is_enabled, created_at)
    VALUES (?, ?, ?, ?, ?, ?, ?)`;
  return new Promise((resolve, reject) => {
    database.run(sql, values, (error: Error | null) => (error ? reject(error) : resolve()));
  });
}
