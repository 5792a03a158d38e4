import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { hash } from '@node-rs/argon2';
import { Signalbox } from '../support/signalbox.ts';

const PASSWORD = 'a password of a test';

/** The people of the house, each of the role of its name. */
const names = ['viewer', 'operator', 'designer', 'admin'] as const;

/** A server on a data folder whose users have every role: no command makes users yet, so they are written into the database. */
export class RoleHouse {
  signalbox: Signalbox;
  readonly dataFolder: string;
  private readonly env: Record<string, string>;

  private constructor(parts: { signalbox: Signalbox; dataFolder: string; env: Record<string, string> }) {
    this.signalbox = parts.signalbox;
    this.dataFolder = parts.dataFolder;
    this.env = parts.env;
  }

  static async open(env: Record<string, string> = {}): Promise<RoleHouse> {
    const dataFolder = mkdtempSync(join(tmpdir(), 'signalbox-roles-'));
    const signalbox = await Signalbox.start({ dataFolder, env });
    const house = new RoleHouse({ signalbox, dataFolder, env });
    const passwordHash = await hash(PASSWORD);
    await house.restartWith((database) => {
      const insert = database.prepare('INSERT INTO users VALUES (?, NULL, ?, ?, ?, 1, 0)');
      for (const name of names) insert.run(`usr_${name}`, `the-${name}`, passwordHash, name);
    });
    return house;
  }

  /** Stops, changes the database behind the server's back, and starts again on it. */
  async restartWith(change: (database: DatabaseSync) => void): Promise<void> {
    await this.signalbox.stop();
    const database = new DatabaseSync(join(this.dataFolder, 'signalbox.db'));
    change(database);
    database.close();
    this.signalbox = await Signalbox.start({ dataFolder: this.dataFolder, env: this.env });
  }

  /** From the next start on the user has another role. */
  async giveRole(name: (typeof names)[number], role: string): Promise<void> {
    await this.restartWith((database) => {
      database.prepare('UPDATE users SET role = ? WHERE id = ?').run(role, `usr_${name}`);
    });
  }

  /** From the next start on the user may act, or may not. */
  async setEnabled(name: (typeof names)[number], isEnabled: boolean): Promise<void> {
    await this.restartWith((database) => {
      database.prepare('UPDATE users SET is_enabled = ? WHERE id = ?').run(isEnabled ? 1 : 0, `usr_${name}`);
    });
  }

  /** The credentials of a user who has just signed in, as headers. */
  async credentialsOf(name: (typeof names)[number]): Promise<Record<string, string>> {
    const response = await this.login(name);
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    const { data } = (await response.json()) as { data: { token: string } };
    return { Authorization: `Bearer ${data.token}` };
  }

  login(name: (typeof names)[number]): Promise<Response> {
    return fetch(`${this.signalbox.url}/api/auth/login`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ username: `the-${name}`, password: PASSWORD }),
    });
  }

  async close(): Promise<void> {
    await this.signalbox.stop();
    rmSync(this.dataFolder, { recursive: true, force: true });
  }
}
