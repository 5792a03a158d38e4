import { Signalbox } from './signalbox.ts';

/** Who is in the cast: one user for each role below admin, and two who must get nowhere. */
const people = {
  viewer: { role: 'viewer' },
  operator: { role: 'operator' },
  designer: { role: 'designer' },
  /** An admin of another account: sees nothing of the default one. */
  stranger: { role: 'admin', accountId: 'elsewhere' },
  /** Has the right password and is disabled. */
  leaver: { role: 'admin', isEnabled: false },
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

/** Starts the product and makes a user of every role. */
export async function startWithRoles(env: Record<string, string> = {}): Promise<Cast> {
  const signalbox = await Signalbox.start({ env });
  const idOf: Record<string, string> = {};
  for (const [username, fields] of Object.entries(people)) {
    const input = { username, password: CAST_PASSWORD, ...fields };
    const { status, body } = await signalbox.command<{ id: string }>('CreateUserCommand', input);
    if (status !== 200) throw new Error(JSON.stringify(body));
    idOf[username] = body.data.id;
  }
  const as = {
    viewer: await signIn(signalbox, 'viewer'),
    operator: await signIn(signalbox, 'operator'),
    designer: await signIn(signalbox, 'designer'),
    stranger: await signIn(signalbox, 'stranger'),
  };
  return {
    signalbox,
    as,
    idOf: idOf as Record<Person, string>,
    stop: async () => {
      await signalbox.stop();
    },
  };
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
