import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cast, startWithRoles } from '../support/roles.ts';
import { madeUser } from './support/access.ts';
import { type Attempt, refusesInput, refusesStrangers } from './support/refusals.ts';

const type = 'GetUserListQuery';
let cast: Cast;

interface List {
  items: { id: string; username: string; accountId: string | null }[];
  nextCursor: string | null;
}

beforeAll(async () => {
  cast = await startWithRoles();
  for (let n = 1; n <= 5; n++) await madeUser(cast.signalbox, { username: `page-${n}`, accountId: 'acme' });
  const gone = await madeUser(cast.signalbox, { username: 'page-gone' });
  await cast.signalbox.command('DeleteUserCommand', { id: gone.id });
});
afterAll(() => cast.stop());

async function list(fields: Record<string, unknown> = {}, headers?: Record<string, string>): Promise<List> {
  const { status, body } = await cast.signalbox.command<List>(type, fields, headers);
  if (status !== 200) throw new Error(JSON.stringify(body));
  return body.data;
}

const names = ({ items }: List) => items.map(({ username }) => username);

describe('GetUserListQuery', () => {
  it('answers all who are there, newest first, without those who were deleted', async () => {
    expect(names(await list())).toEqual([
      'page-5',
      'page-4',
      'page-3',
      'page-2',
      'page-1',
      'leaver',
      'stranger',
      'designer',
      'operator',
      'viewer',
      'admin',
    ]);
  });

  it('goes on where the page before ended, and says on the last that it is', async () => {
    const first = await list({ search: 'page-', pageSize: 2 });
    expect(names(first)).toEqual(['page-5', 'page-4']);
    const second = await list({ search: 'page-', pageSize: 2, cursor: first.nextCursor });
    expect(names(second)).toEqual(['page-3', 'page-2']);
    const last = await list({ search: 'page-', pageSize: 2, cursor: second.nextCursor });
    expect([names(last), last.nextCursor]).toEqual([['page-1'], null]);
  });

  it.each(['%', '_age', 'age-'])(
    'takes %s as the beginning of a name and not as a pattern',
    async (search) => {
      expect(names(await list({ search }))).toEqual([]);
    },
  );

  it('answers those of an account to who is bound to it, or says that he acts in it', async () => {
    expect(names(await list({}, cast.as.stranger))).toEqual(['stranger']);
    const named = { 'X-API-Key': cast.signalbox.apiKey, 'X-Account-Id': 'acme' };
    expect((await list({}, named)).items).toHaveLength(5);
  });

  const attempt: Attempt = { cast: () => cast, type, fields: () => ({}) };
  refusesStrangers(attempt);
  refusesInput(attempt, [
    [{ pageSize: 0 }, ['PageSize must be at least 1']],
    [{ pageSize: 101 }, ['PageSize must be at most 100']],
    [{ search: 5 }, ['Search must be a string']],
    [{ surprise: 1 }, ['Unknown field "surprise"']],
  ]);

  it.each(['viewer', 'operator', 'designer'] as const)('refuses the role %s', async (role) => {
    expect((await cast.signalbox.command(type, {}, cast.as[role])).status).toBe(403);
  });
});
