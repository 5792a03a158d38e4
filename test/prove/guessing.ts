import { askForToken, madeClient, madeUser } from '../commands/support/access.ts';
import { CAST_PASSWORD } from '../support/roles.ts';
import { Signalbox } from '../support/signalbox.ts';

/** Beyond it somebody could tell from the time whether a name exists. */
const RATIO_MAX = 1.1;
/** Failures that one name has in a minute before it is held up. */
const TRIES_EACH = 9;

/** A wrong secret and an unknown name cost the same: medians of requests that are sent in turn. */
export async function prove({ names = 30 }: Record<string, number> = {}) {
  const signalbox = await Signalbox.start();
  try {
    const login = async (username: string) => {
      const response = await fetch(`${signalbox.url}/api/auth/login`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ username, password: `${CAST_PASSWORD}!` }),
      });
      if (response.status !== 401) throw new Error(`A login was answered ${response.status}`);
    };
    const token = async (id: string) => {
      const form = {
        grant_type: 'client_credentials',
        client_id: id,
        client_secret: `sbs_${'x'.repeat(43)}`,
      };
      const { status } = await askForToken(signalbox, form);
      if (status !== 401) throw new Error(`A token request was answered ${status}`);
    };
    const users: string[] = [];
    const clients: string[] = [];
    for (let n = 0; n < names; n++) {
      users.push(String((await madeUser(signalbox, { username: `user-${n}` }))['username']));
      clients.push((await madeClient(signalbox)).id);
    }
    const logins = await compared(users, (name) => `nobody-${name}`, login);
    const tokens = await compared(clients, unknownId, token);
    return {
      'requests of each kind': names * TRIES_EACH,
      'login, wrong password, ms': logins.known,
      'login, unknown name, ms': logins.unknown,
      'token, wrong secret, ms': tokens.known,
      'token, unknown client, ms': tokens.unknown,
    };
  } finally {
    await signalbox.stop();
  }
}

function unknownId(id: string): string {
  return id.replace(/.{4}$/, (tail) => (tail === '0000' ? '0001' : '0000'));
}

/** @throws where one of the two takes longer. */
async function compared(
  names: readonly string[],
  unknownOf: (name: string) => string,
  ask: (name: string) => Promise<void>,
) {
  const times: Record<'known' | 'unknown', number[]> = { known: [], unknown: [] };
  const timed = async (kind: 'known' | 'unknown', name: string) => {
    const began = performance.now();
    await ask(name);
    times[kind].push(performance.now() - began);
  };
  await ask('warm-up');
  for (let n = 0; n < TRIES_EACH; n++) {
    for (const name of names) {
      await timed('known', name);
      await timed('unknown', unknownOf(name));
    }
  }
  const [known, unknown] = [median(times.known), median(times.unknown)];
  const ratio = Math.max(known, unknown) / Math.min(known, unknown);
  if (ratio > RATIO_MAX) throw new Error(`Wrong ones take ${known} ms and unknown ones ${unknown} ms`);
  return { known, unknown };
}

function median(times: number[]): number {
  const sorted = times.toSorted((a, b) => a - b);
  return Math.round(sorted[Math.floor(sorted.length / 2)]! * 100) / 100;
}
