import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cast, startWithRoles } from '../support/roles.ts';
import { failureOf, madeClient, type MadeClient } from './support/access.ts';
import { type Attempt, isoTime, refusesInput, refusesStrangers } from './support/refusals.ts';

const type = 'GetApiClientByIdQuery';
const notFound = [404, 'access.client-not-found', ['API client not found']];
let cast: Cast;
let client: MadeClient;

beforeAll(async () => {
  cast = await startWithRoles();
  client = await madeClient(cast.signalbox, { role: 'operator', accountId: 'acme' });
});
afterAll(() => cast.stop());

function ask(id: unknown, headers?: Record<string, string>) {
  return cast.signalbox.command(type, { id }, headers);
}

function credential(kind: string): unknown {
  return { id: expect.stringMatching(/^crd_/), kind, createdAt: isoTime, expiresAt: null };
}

describe('GetApiClientByIdQuery', () => {
  it('answers which credentials there are, and never what they are', async () => {
    const answer = await ask(client.id);
    const { apiKey, clientSecret, ...view } = client;
    expect(answer.body).toStrictEqual({
      success: true,
      data: { ...view, credentials: [credential('client-secret'), credential('api-key')] },
      message: 'API client retrieved successfully',
    });
    expect(JSON.stringify(answer.body)).not.toContain(apiKey);
    expect(JSON.stringify(answer.body)).not.toContain(clientSecret);
  });

  it('answers 404 for nobody, for a user and for one of another account', async () => {
    for (const id of ['cli_nobody', cast.idOf.viewer]) expect(failureOf(await ask(id))).toEqual(notFound);
    expect(failureOf(await ask(client.id, cast.as.stranger))).toEqual(notFound);
    const own = { 'X-API-Key': cast.signalbox.apiKey, 'X-Account-Id': 'acme' };
    expect((await ask(client.id, own)).status).toBe(200);
  });

  const attempt: Attempt = { cast: () => cast, type, fields: () => ({ id: client.id }) };
  refusesStrangers(attempt);
  refusesInput(attempt, [
    [{ id: undefined }, ['Id is required']],
    [{ surprise: 1 }, ['Unknown field "surprise"']],
  ]);

  it.each(['viewer', 'operator', 'designer'] as const)('refuses the role %s', async (role) => {
    expect((await ask(client.id, cast.as[role])).status).toBe(403);
  });
});
