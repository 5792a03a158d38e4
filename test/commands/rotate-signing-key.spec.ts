import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cast, startWithRoles } from '../support/roles.ts';
import { failureOf, madeClient, statusWith, tokenOf } from './support/access.ts';
import { auditRowOf } from './support/audit-log.ts';
import { type Attempt, refusesInput, refusesRoles, refusesStrangers } from './support/refusals.ts';

const type = 'RotateSigningKeyCommand';
let cast: Cast;

const attempt: Attempt = { cast: () => cast, type, fields: () => ({}) };

beforeAll(async () => {
  cast = await startWithRoles();
});
afterAll(() => cast.stop());

async function kids(): Promise<string[]> {
  const response = await fetch(`${cast.signalbox.url}/.well-known/jwks.json`);
  const { keys } = (await response.json()) as { keys: { kid: string }[] };
  return keys.map(({ kid }) => kid);
}

function kidOf({ Authorization: header }: Record<string, string>): string {
  const [encoded] = header!.slice('Bearer '.length).split('.');
  return (JSON.parse(Buffer.from(encoded!, 'base64url').toString()) as { kid: string }).kid;
}

describe('RotateSigningKeyCommand', () => {
  it('signs with a new key; tokens of the old one work on', async () => {
    const client = await madeClient(cast.signalbox);
    const before = await tokenOf(cast.signalbox, client);
    const answer = await cast.signalbox.command<{ kid: string }>(type);
    expect(answer.body).toMatchObject({
      success: true,
      data: { kid: expect.stringMatching(/^sgk_/) },
      message: 'Signing key rotated successfully',
    });
    const after = await tokenOf(cast.signalbox, client);
    expect([kidOf(before) === kidOf(after), kidOf(after)]).toEqual([false, answer.body.data.kid]);
    expect(await statusWith(cast.signalbox, before)).toBe(200);
    expect(await statusWith(cast.signalbox, after)).toBe(200);
    expect(await kids()).toEqual(expect.arrayContaining([kidOf(before), kidOf(after)]));
  });

  it('is left to those who are bound to no account: the key is everybody’s', async () => {
    const answer = await cast.signalbox.command(type, {}, cast.as.stranger);
    expect(failureOf(answer).slice(0, 2)).toEqual([403, 'access.exceeds-own']);
  });

  it('audits the new key, without itself', async () => {
    const answer = await cast.signalbox.command(type);
    expect(await auditRowOf(cast.signalbox, answer)).toMatchObject({ command: type, outcome: 'succeeded' });
  });

  refusesStrangers(attempt);
  refusesRoles(['viewer', 'operator', 'designer'], 'access:manage', attempt);
  refusesInput(attempt, [
    [{ revokeOld: 'yes' }, ['RevokeOld must be true or false']],
    [{ surprise: 1 }, ['Unknown field "surprise"']],
  ]);

  // Last: it ends the tokens of everybody here.
  it('refuses what another key signed at once when that is said, and names it no more', async () => {
    const client = await madeClient(cast.signalbox);
    const before = await tokenOf(cast.signalbox, client);
    const { body } = await cast.signalbox.command<{ kid: string }>(type, { revokeOld: true });
    expect(await statusWith(cast.signalbox, before)).toBe(401);
    expect(await kids()).toEqual([body.data.kid]);
    expect(await statusWith(cast.signalbox, await tokenOf(cast.signalbox, client))).toBe(200);
  });
});
