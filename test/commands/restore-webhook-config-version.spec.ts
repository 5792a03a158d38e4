import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Cast, startWithRoles } from '../support/roles.ts';
import { auditRowOf } from './support/audit-log.ts';
import { scriptFields } from './support/config-shape.ts';
import {
  type Attempt,
  badConfigIds,
  isoTime,
  refusesInput,
  refusesRoles,
  refusesStrangers,
} from './support/refusals.ts';

const type = 'RestoreWebHookConfigVersionCommand';
let cast: Cast;
let made = 0;
let known: Record<string, unknown> & { id: number; key: string };

const attempt: Attempt = { cast: () => cast, type, fields: () => ({ id: known.id, version: 1 }) };
const update = async (fields: Record<string, unknown>) => {
  const sent = { id: known.id, ...scriptFields(known.key), ...fields };
  const answer = await cast.signalbox.command('UpdateWebHookConfigCommand', sent);
  expect(answer.body).toMatchObject({ success: true });
};

beforeAll(async () => {
  cast = await startWithRoles();
});
beforeEach(async () => {
  known = (await cast.signalbox.createConfig(`restored-${++made}`, {
    allowableIPs: '127.0.0.0/8',
  })) as typeof known;
  await update({
    description: 'Second',
    isEnabled: false,
    path: `/webhooks/second/${known.key}`,
    executionType: 0,
    executionCode: undefined,
    commandName: type,
  });
});
afterAll(() => cast.stop());

describe('RestoreWebHookConfigVersionCommand', () => {
  it('answers the configuration as it was, as a new version', async () => {
    const answer = await cast.signalbox.command(type, { id: known.id, version: 1 });
    expect(answer.status).toBe(200);
    expect(answer.body).toStrictEqual({
      success: true,
      data: { ...known, version: 3, updatedAt: isoTime },
      message: 'Webhook configuration version restored successfully',
    });
    const { body } = await cast.signalbox.command<{ items: object[] }>('GetWebHookConfigVersionListQuery', {
      id: known.id,
    });
    expect(body.data.items).toMatchObject([
      { version: 3, description: known['description'] },
      { version: 2, description: 'Second' },
      { version: 1, description: known['description'] },
    ]);
  });

  it('counts for the very next call', async () => {
    await cast.signalbox.command(type, { id: known.id, version: 1 });
    const answer = await cast.signalbox.call(known.key, { n: 1 });
    expect(await answer.json()).toMatchObject({ data: { n: 1 } });
  });

  it('makes the restorer the owner', async () => {
    const { body } = await cast.signalbox.command(type, { id: known.id, version: 1 }, cast.as.designer);
    expect(body.data).toMatchObject({ ownerId: cast.idOf.designer });
  });

  it('leaves the draft beside it', async () => {
    const draft = { id: known.id, ...scriptFields(known.key), description: 'Prepared' };
    await cast.signalbox.command('SaveWebHookConfigDraftCommand', draft);
    const { body } = await cast.signalbox.command(type, { id: known.id, version: 1 });
    expect(body.data).toMatchObject({ version: 3, hasDraft: true });
  });

  it('restores a restored version, and the current one too', async () => {
    for (const [version, next, description] of [
      [1, 3, known['description']],
      [2, 4, 'Second'],
      [3, 5, known['description']],
      [5, 6, known['description']],
    ] as const) {
      const { body } = await cast.signalbox.command(type, { id: known.id, version });
      expect(body.data).toMatchObject({ version: next, description });
    }
  });

  it('answers 404 for a version that there is not', async () => {
    const answer = await cast.signalbox.command(type, { id: known.id, version: 3 });
    expect(answer.status).toBe(404);
    expect(answer.body).toStrictEqual({
      success: false,
      data: null,
      message: 'Restoring failed',
      errors: ['The configuration has no version 3'],
      code: 'webhook-config.version-not-found',
    });
  });

  it('answers 404 for an id that there is not, and for one of another account', async () => {
    const nobodys = await cast.signalbox.command(type, { id: 999_999, version: 1 });
    const theirs = await cast.signalbox.command(type, { id: known.id, version: 1 }, cast.as.stranger);
    for (const { status, body } of [nobodys, theirs])
      expect([status, body.code]).toStrictEqual([404, 'webhook-config.not-found']);
  });

  it('answers 409 for an address that was taken meanwhile, and changes nothing', async () => {
    await cast.signalbox.createConfig(`quick-${known.key}`, { path: known['path'] });
    const answer = await cast.signalbox.command(type, { id: known.id, version: 1 });
    expect(answer.status).toBe(409);
    expect(answer.body).toMatchObject({
      errors: ['A webhook configuration with this path and action already exists'],
      code: 'webhook-config.address-taken',
    });
    const { body } = await cast.signalbox.command('GetWebHookConfigByIdQuery', { id: known.id });
    expect(body.data).toMatchObject({ version: 2, description: 'Second' });
  });

  it('audits the configuration as it was and as it is', async () => {
    const answer = await cast.signalbox.command(type, { id: known.id, version: 1 });
    expect(await auditRowOf(cast.signalbox, answer)).toMatchObject({
      command: type,
      outcome: 'succeeded',
      before: { description: 'Second', version: 2 },
      after: answer.body.data,
    });
  });

  refusesStrangers(attempt);
  refusesRoles(['viewer', 'operator'], 'webhooks:write', attempt);
  refusesInput(attempt, [
    ...badConfigIds,
    [{ version: undefined }, ['Version is required']],
    [{ version: 0 }, ['Version must be at least 1']],
    [{ version: '1' }, ['Version must be a number']],
  ]);
});
