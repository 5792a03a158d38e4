import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Cast, startWithRoles } from '../support/roles.ts';
import { failureOf, madeClient, type MadeClient, statusWith, tokenOf } from './support/access.ts';
import { auditRowOf } from './support/audit-log.ts';
import { type Attempt, refusesInput, refusesRoles, refusesStrangers } from './support/refusals.ts';

const type = 'RotateApiKeyCommand';
const notFound = [404, 'access.client-not-found', ['API client not found']];
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

async function rotated(fields: Record<string, unknown> = {}): Promise<string> {
  const { body } = await cast.signalbox.command<{ apiKey: string }>(type, { id: client.id, ...fields });
  expect(body).toMatchObject({ success: true, message: 'API key rotated successfully' });
  return body.data.apiKey;
}

const status = (apiKey: string) => statusWith(cast.signalbox, { 'X-API-Key': apiKey });

describe('RotateApiKeyCommand', () => {
  it('answers another key, and the one before is refused at once', async () => {
    const next = await rotated();
    expect(next).toMatch(/^sbk_[\w-]{43}$/);
    expect([await status(next), await status(client.apiKey)]).toEqual([200, 401]);
  });

  it('leaves tokens and the secret as they are', async () => {
    const headers = await tokenOf(cast.signalbox, client);
    await rotated();
    expect(await statusWith(cast.signalbox, headers)).toBe(200);
    expect(await statusWith(cast.signalbox, await tokenOf(cast.signalbox, client))).toBe(200);
  });

  it('lets both work for as long as is said, and ends that with the next rotation', async () => {
    const second = await rotated({ overlapSeconds: 3600 });
    expect([await status(client.apiKey), await status(second)]).toEqual([200, 200]);
    const { body } = await cast.signalbox.command<{
      credentials: { kind: string; expiresAt: string | null }[];
    }>('GetApiClientByIdQuery', { id: client.id });
    const keys = body.data.credentials.filter(({ kind }) => kind === 'api-key');
    expect(keys.map(({ expiresAt }) => expiresAt !== null)).toEqual([true, false]);
    const inMs = Date.parse(keys[0]!.expiresAt!) - Date.now();
    expect(inMs).toBeGreaterThan(3_500_000);
    expect(inMs).toBeLessThanOrEqual(3_600_000);
    const third = await rotated();
    expect([await status(client.apiKey), await status(second), await status(third)]).toEqual([401, 401, 200]);
  });

  it('ends the old one after that time', async () => {
    const next = await rotated({ overlapSeconds: 1 });
    const deadline = Date.now() + 10_000;
    while ((await status(client.apiKey)) === 200) {
      if (Date.now() > deadline) throw new Error('The old key works on');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(await status(next)).toBe(200);
  });

  it('answers 404 for one of another account, 409 for that of ADMIN_API_KEY', async () => {
    const foreign = await cast.signalbox.command(type, { id: client.id }, cast.as.stranger);
    expect(failureOf(foreign)).toEqual(notFound);
    const { body } = await cast.signalbox.command<{ items: { id: string }[] }>('GetApiClientListQuery', {
      search: 'ADMIN_API_KEY',
    });
    const answer = await cast.signalbox.command(type, { id: body.data.items[0]!.id });
    expect(failureOf(answer).slice(0, 2)).toEqual([409, 'access.client-of-environment']);
  });

  it('gives nobody the key of one that may more', async () => {
    const manager = await madeClient(cast.signalbox, { permissions: ['access:manage'] });
    const answer = await cast.signalbox.command(type, { id: client.id }, { 'X-API-Key': manager.apiKey });
    expect(failureOf(answer).slice(0, 2)).toEqual([403, 'access.exceeds-own']);
    expect(await status(client.apiKey)).toBe(200);
  });

  it('audits that it was rotated, without the key', async () => {
    const answer = await cast.signalbox.command<{ apiKey: string }>(type, { id: client.id });
    const row = await auditRowOf(cast.signalbox, answer);
    expect(row).toMatchObject({ command: type, input: { id: client.id }, outcome: 'succeeded' });
    expect(JSON.stringify(row)).not.toContain(answer.body.data.apiKey);
  });

  refusesStrangers(attempt);
  refusesRoles(['viewer', 'operator', 'designer'], 'access:manage', attempt);
  refusesInput(attempt, [
    [{ id: undefined }, ['Id is required']],
    [{ overlapSeconds: -1 }, ['OverlapSeconds must be at least 0']],
    [{ overlapSeconds: 604_801 }, ['OverlapSeconds must be at most 604800']],
    [{ overlapSeconds: 1.5 }, ['OverlapSeconds must be a whole number']],
    [{ surprise: 1 }, ['Unknown field "surprise"']],
  ]);
});
