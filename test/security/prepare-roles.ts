import { Signalbox } from '../support/signalbox.ts';

const PASSWORD = 'a password of a test';

/** The people of the house, each of the role of its name. */
const names = ['viewer', 'operator', 'designer', 'admin'] as const;

type Name = (typeof names)[number];

/** A server whose users have every role, and get others. */
export class RoleHouse {
  private constructor(
    readonly signalbox: Signalbox,
    readonly idOf: Readonly<Record<Name, string>>,
  ) {}

  static async open(env: Record<string, string> = {}): Promise<RoleHouse> {
    const signalbox = await Signalbox.start({ env });
    const idOf: Record<string, string> = {};
    for (const name of names) {
      const fields = { username: `the-${name}`, password: PASSWORD, role: name };
      const { status, body } = await signalbox.command<{ id: string }>('CreateUserCommand', fields);
      if (status !== 200) throw new Error(JSON.stringify(body));
      idOf[name] = body.data.id;
    }
    return new RoleHouse(signalbox, idOf as Record<Name, string>);
  }

  /** From now on the user has another role. */
  async giveRole(name: Name, role: string): Promise<void> {
    await this.update(name, { role });
  }

  /** From now on the user may act, or may not. */
  async setEnabled(name: Name, isEnabled: boolean): Promise<void> {
    await this.update(name, { isEnabled });
  }

  /** The credentials of a user who has just signed in, as headers. */
  async credentialsOf(name: Name): Promise<Record<string, string>> {
    const response = await this.login(name);
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    const { data } = (await response.json()) as { data: { token: string } };
    return { Authorization: `Bearer ${data.token}` };
  }

  login(name: Name): Promise<Response> {
    return fetch(`${this.signalbox.url}/api/auth/login`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ username: `the-${name}`, password: PASSWORD }),
    });
  }

  async close(): Promise<void> {
    await this.signalbox.stop();
  }

  private async update(name: Name, fields: object): Promise<void> {
    const answer = await this.signalbox.command('UpdateUserCommand', { id: this.idOf[name], ...fields });
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
  }
}
