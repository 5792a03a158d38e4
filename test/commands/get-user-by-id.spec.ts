import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cast, startWithRoles } from '../support/roles.ts';
import { failureOf, inElsewhere, madeUser } from './support/access.ts';
import { type Attempt, refusesInput, refusesStrangers } from './support/refusals.ts';

const type = 'GetUserByIdQuery';
const notFound = [404, 'access.user-not-found', ['User not found']];
let cast: Cast;
let user: { id: string };

beforeAll(async () => {
  cast = await startWithRoles();
  user = await madeUser(cast.signalbox, { username: 'somebody', role: 'designer', accountId: 'acme' });
});
afterAll(() => cast.stop());

function ask(id: unknown, headers?: Record<string, string>) {
  return cast.signalbox.command(type, { id }, headers);
}

describe('GetUserByIdQuery', () => {
  it('answers the user as he was made', async () => {
    expect((await ask(user.id)).body).toStrictEqual({
      success: true,
      data: user,
      message: 'User retrieved successfully',
    });
  });

  it('answers 404 for nobody, for a client, for one who was deleted and for one of another account', async () => {
    const gone = await madeUser(cast.signalbox, { username: 'gone' });
    await cast.signalbox.command('DeleteUserCommand', { id: gone.id });
    for (const id of ['usr_nobody', gone.id, "' OR '1'='1"])
      expect(failureOf(await ask(id))).toEqual(notFound);
    expect(failureOf(await ask(user.id, cast.as.stranger))).toEqual(notFound);
    const there = await inElsewhere(cast);
    expect((await ask(there.id, cast.as.stranger)).status).toBe(200);
  });

  const attempt: Attempt = { cast: () => cast, type, fields: () => ({ id: user.id }) };
  refusesStrangers(attempt);
  refusesInput(attempt, [
    [{ id: undefined }, ['Id is required']],
    [{ id: '' }, ['Id is required']],
    [{ surprise: 1 }, ['Unknown field "surprise"']],
  ]);

  it.each(['viewer', 'operator', 'designer'] as const)('refuses the role %s', async (role) => {
    expect((await ask(user.id, cast.as[role])).status).toBe(403);
  });
});
