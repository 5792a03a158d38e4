import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cast, startWithRoles } from '../support/roles.ts';
import { madeClient } from './support/access.ts';
import { type Attempt, refusesInput, refusesStrangers } from './support/refusals.ts';

const type = 'GetApiClientListQuery';
let cast: Cast;

interface List {
  items: { id: string; name: string }[];
  nextCursor: string | null;
}

beforeAll(async () => {
  cast = await startWithRoles();
  for (const name of ['shop 1', 'shop 2', 'bank'])
    await madeClient(cast.signalbox, { name, role: 'viewer', accountId: 'acme' });
  const gone = await madeClient(cast.signalbox, { name: 'shop 3', role: 'viewer' });
  await cast.signalbox.command('DeleteApiClientCommand', { id: gone.id });
});
afterAll(() => cast.stop());

async function list(fields: Record<string, unknown> = {}, headers?: Record<string, string>): Promise<List> {
  const { status, body } = await cast.signalbox.command<List>(type, fields, headers);
  if (status !== 200) throw new Error(JSON.stringify(body));
  return body.data;
}

const names = ({ items }: List) => items.map(({ name }) => name);

describe('GetApiClientListQuery', () => {
  it('answers all that are there, newest first, that of ADMIN_API_KEY among them', async () => {
    expect(names(await list())).toEqual(['bank', 'shop 2', 'shop 1', 'ADMIN_API_KEY']);
  });

  it('finds the beginning of a name, page by page', async () => {
    const first = await list({ search: 'shop', pageSize: 1 });
    expect(names(first)).toEqual(['shop 2']);
    const last = await list({ search: 'shop', pageSize: 1, cursor: first.nextCursor });
    expect([names(last), last.nextCursor]).toEqual([['shop 1'], null]);
  });

  it('answers those of an account to who is bound to it', async () => {
    expect(names(await list({}, cast.as.stranger))).toEqual([]);
    const named = { 'X-API-Key': cast.signalbox.apiKey, 'X-Account-Id': 'acme' };
    expect(names(await list({}, named))).toEqual(['bank', 'shop 2', 'shop 1']);
  });

  const attempt: Attempt = { cast: () => cast, type, fields: () => ({}) };
  refusesStrangers(attempt);
  refusesInput(attempt, [
    [{ pageSize: 0 }, ['PageSize must be at least 1']],
    [{ cursor: 5 }, ['Cursor must be a string']],
    [{ surprise: 1 }, ['Unknown field "surprise"']],
  ]);

  it.each(['viewer', 'operator', 'designer'] as const)('refuses the role %s', async (role) => {
    expect((await cast.signalbox.command(type, {}, cast.as[role])).status).toBe(403);
  });
});
