import { usage } from './failures.ts';

const DEFAULT_URL = 'http://127.0.0.1:3000';
/** A token is asked for anew so long before it ends. */
const TOKEN_MARGIN_MS = 60_000;

/** Who the client is, as the environment says it: never as a flag, which everybody on the machine could read. */
export type Credentials =
  | { kind: 'apiKey'; apiKey: string }
  | { kind: 'token'; token: string }
  | { kind: 'client'; clientId: string; clientSecret: string };

/** Where the server is and who asks. */
export interface Connection {
  /** Ends with a slash. */
  url: URL;
  credentials: Credentials;
  /** The account to act in; null: the caller's own, or the default one. */
  accountId: string | null;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the connection; `url` is the flag. @throws with a sentence that names the variable and no value. */
export function connectionOf(environment: Environment, url: string | undefined): Connection {
  return {
    url: serverUrl(url ?? (environment['SIGNALBOX_URL'] || DEFAULT_URL), url ? '--url' : 'SIGNALBOX_URL'),
    credentials: credentialsOf(environment),
    accountId: headerText(environment['SIGNALBOX_ACCOUNT'], 'SIGNALBOX_ACCOUNT') ?? null,
  };
}

function serverUrl(text: string, from: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !/^https?:$/.test(url.protocol))
    throw usage(`${from} must be an address such as https://signalbox.example.com`);
  if (url.username || url.password || url.search || url.hash)
    throw usage(`${from} must be an address alone, without credentials, query or fragment`);
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

/** True where what is sent can be read on the way. */
export function isInTheClear({ url }: Connection): boolean {
  return url.protocol === 'http:' && !/^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
}

function credentialsOf(environment: Environment): Credentials {
  const read = (name: string) => headerText(environment[name], name);
  const apiKey = read('SIGNALBOX_API_KEY');
  const token = read('SIGNALBOX_TOKEN');
  const clientId = read('SIGNALBOX_CLIENT_ID');
  const clientSecret = read('SIGNALBOX_CLIENT_SECRET');
  const given = [
    apiKey && 'SIGNALBOX_API_KEY',
    token && 'SIGNALBOX_TOKEN',
    (clientId || clientSecret) && 'SIGNALBOX_CLIENT_ID with SIGNALBOX_CLIENT_SECRET',
  ].filter(Boolean);
  if (given.length > 1) throw usage(`Set only one of ${given.join(', ')}: it says who is asking`);
  if (apiKey) return { kind: 'apiKey', apiKey };
  if (token) return { kind: 'token', token };
  if (clientId && clientSecret) return { kind: 'client', clientId, clientSecret };
  if (clientId || clientSecret)
    throw usage('SIGNALBOX_CLIENT_ID and SIGNALBOX_CLIENT_SECRET are needed together');
  throw usage(
    'Nobody is signed in: set SIGNALBOX_API_KEY, SIGNALBOX_TOKEN, or SIGNALBOX_CLIENT_ID and SIGNALBOX_CLIENT_SECRET',
  );
}

/** What goes into a header, where other characters would be refused with an error that shows the value. */
function headerText(value: string | undefined, name: string): string | undefined {
  const text = value?.trim();
  if (text && !/^[\x21-\x7e]+$/.test(text))
    throw usage(`${name} has characters that cannot be sent (spaces, line breaks or letters outside ASCII)`);
  return text || undefined;
}

/** What OAuth answers with, as far as we need it. */
export interface GrantedToken {
  token: string;
  expiresInSeconds: number;
}

/** Gives the headers that say who is asking; a token of client credentials is kept in memory until it ends. */
export class Identity {
  private granted: { token: string; endsAt: number } | null = null;

  constructor(
    private readonly connection: Omit<Connection, 'url'>,
    private readonly grant: (authorization: string) => Promise<GrantedToken>,
  ) {}

  async headers(): Promise<Record<string, string>> {
    const { accountId } = this.connection;
    return { ...(await this.proof()), ...(accountId !== null && { 'x-account-id': accountId }) };
  }

  private async proof(): Promise<Record<string, string>> {
    const { credentials } = this.connection;
    if (credentials.kind === 'apiKey') return { 'x-api-key': credentials.apiKey };
    if (credentials.kind === 'token') return { authorization: `Bearer ${credentials.token}` };
    if (!this.granted || Date.now() > this.granted.endsAt - TOKEN_MARGIN_MS) {
      const { token, expiresInSeconds } = await this.grant(basicOf(credentials));
      this.granted = { token, endsAt: Date.now() + expiresInSeconds * 1000 };
    }
    return { authorization: `Bearer ${this.granted.token}` };
  }

  /** Drops a token that is refused. @returns whether there is another to be had. */
  forget(): boolean {
    const isRenewable = this.granted !== null;
    this.granted = null;
    return isRenewable;
  }
}

/** RFC 6749 §2.3.1: both are form-encoded before they are joined. */
function basicOf({ clientId, clientSecret }: { clientId: string; clientSecret: string }): string {
  const encoded = [clientId, clientSecret].map((text) =>
    new URLSearchParams({ '': text }).toString().slice(1),
  );
  return `Basic ${Buffer.from(encoded.join(':')).toString('base64')}`;
}
