import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Cast, startWithRoles } from '../support/roles.ts';
import { failureOf, madeClient, type MadeClient, statusWith, tokenOf } from './support/access.ts';
import { auditRowOf } from './support/audit-log.ts';
import { type Attempt, refusesInput, refusesRoles, refusesStrangers } from './support/refusals.ts';

const type = 'RotateClientSecretCommand';
let cast: Cast;
let client: MadeClient;

const attempt: Attempt = { cast: () => cast, type, fields: () => ({ id: client.id }) };

beforeAll(async () => {
  cast = await startWithRoles();
});
beforeEach(async () => {
  client = await madeClient(cast.signalbox);
});
afterAll(() => cast.stop());

async function rotated(fields: Record<string, unknown> = {}): Promise<MadeClient> {
  const { body } = await cast.signalbox.command<{ clientSecret: string }>(type, { id: client.id, ...fields });
  expect(body).toMatchObject({ success: true, message: 'Client secret rotated successfully' });
  return { ...client, clientSecret: body.data.clientSecret };
}

describe('RotateClientSecretCommand', () => {
  it('answers another secret; the one before and its tokens are refused at once, the API key is not', async () => {
    const headers = await tokenOf(cast.signalbox, client);
    const next = await rotated();
    expect(next.clientSecret).toMatch(/^sbs_[\w-]{43}$/);
    expect(await statusWith(cast.signalbox, headers)).toBe(401);
    await expect(tokenOf(cast.signalbox, client)).rejects.toThrow('401');
    expect(await statusWith(cast.signalbox, await tokenOf(cast.signalbox, next))).toBe(200);
    expect(await statusWith(cast.signalbox, { 'X-API-Key': client.apiKey })).toBe(200);
  });

  it('lets both secrets, and the tokens so far, work for as long as is said', async () => {
    const headers = await tokenOf(cast.signalbox, client);
    const next = await rotated({ overlapSeconds: 3600 });
    expect(await statusWith(cast.signalbox, headers)).toBe(200);
    for (const one of [client, next])
      expect(await statusWith(cast.signalbox, await tokenOf(cast.signalbox, one))).toBe(200);
  });

  it('answers 404 for one of another account, and gives nobody the secret of one that may more', async () => {
    const foreign = await cast.signalbox.command(type, { id: client.id }, cast.as.stranger);
    expect(failureOf(foreign)).toEqual([404, 'access.client-not-found', ['API client not found']]);
    const manager = await madeClient(cast.signalbox, { permissions: ['access:manage'] });
    const answer = await cast.signalbox.command(type, { id: client.id }, { 'X-API-Key': manager.apiKey });
    expect(failureOf(answer).slice(0, 2)).toEqual([403, 'access.exceeds-own']);
  });

  it('audits that it was rotated, without the secret', async () => {
    const answer = await cast.signalbox.command<{ clientSecret: string }>(type, { id: client.id });
    const row = await auditRowOf(cast.signalbox, answer);
    expect(row).toMatchObject({ command: type, input: { id: client.id }, outcome: 'succeeded' });
    expect(JSON.stringify(row)).not.toContain(answer.body.data.clientSecret);
  });

  refusesStrangers(attempt);
  refusesRoles(['viewer', 'operator', 'designer'], 'access:manage', attempt);
  refusesInput(attempt, [
    [{ id: undefined }, ['Id is required']],
    [{ overlapSeconds: '1' }, ['OverlapSeconds must be a number']],
    [{ surprise: 1 }, ['Unknown field "surprise"']],
  ]);
});
