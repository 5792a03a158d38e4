import { type Cast } from '../../support/roles.ts';
import type { Answer, Signalbox } from '../../support/signalbox.ts';

/** What the answer to a new client shows. */
export interface MadeClient {
  id: string;
  apiKey: string;
  clientSecret: string;
}

/** Makes an API client. @throws where it is refused. */
export async function madeClient(
  signalbox: Signalbox,
  fields: Record<string, unknown> = { role: 'viewer' },
  headers?: Record<string, string>,
): Promise<MadeClient> {
  const input = { name: 'machine', ...fields };
  const { status, body } = await signalbox.command<MadeClient>('CreateApiClientCommand', input, headers);
  if (status !== 200) throw new Error(JSON.stringify(body));
  return body.data;
}

/** A token request, with the form as given. */
export function askForToken(
  signalbox: Signalbox,
  form: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${signalbox.url}/oauth/token`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams(form).toString(),
  });
}

/** A client's token, as headers. @throws where it is refused. */
export async function tokenOf(
  signalbox: Signalbox,
  { id, clientSecret }: MadeClient,
  scope?: string,
): Promise<Record<string, string>> {
  const form = {
    grant_type: 'client_credentials',
    client_id: id,
    client_secret: clientSecret,
    ...(scope !== undefined && { scope }),
  };
  const response = await askForToken(signalbox, form);
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  const { access_token: token } = (await response.json()) as { access_token: string };
  return { Authorization: `Bearer ${token}` };
}

/** The status that a query gets with these headers: 200 for whoever may act, 401 for who may not. */
export async function statusWith(signalbox: Signalbox, headers: Record<string, string>): Promise<number> {
  return (await signalbox.command('GetCommandCatalogueQuery', {}, headers)).status;
}

/** Makes a user with the password of the cast. @throws where it is refused. */
export async function madeUser(
  signalbox: Signalbox,
  fields: Record<string, unknown>,
  headers?: Record<string, string>,
): Promise<{ id: string } & Record<string, unknown>> {
  const input = { password: 'four score and seven', role: 'viewer', ...fields };
  const { status, body } = await signalbox.command<{ id: string }>('CreateUserCommand', input, headers);
  if (status !== 200) throw new Error(JSON.stringify(body));
  return body.data;
}

/** An admin bound to the account `elsewhere`, and a user there whom nobody of `default` is. */
export async function inElsewhere(cast: Cast): Promise<{ id: string }> {
  return await madeUser(
    cast.signalbox,
    { username: `there-${Math.random().toString(36).slice(2)}` },
    cast.as.stranger,
  );
}

/** The failure of an answer in short. */
export function failureOf({ status, body }: Answer<unknown>): unknown[] {
  return [status, body.code, body.errors];
}
