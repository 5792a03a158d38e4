import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Cast, startWithRoles } from '../support/roles.ts';
import { auditRowOf } from './support/audit-log.ts';
import { scriptFields, scriptView } from './support/config-shape.ts';
import {
  type Attempt,
  badConfigIds,
  refusesInput,
  refusesRoles,
  refusesStrangers,
} from './support/refusals.ts';

const type = 'PublishWebHookConfigDraftCommand';
let cast: Cast;
let made = 0;
let known: Record<string, unknown> & { id: number; key: string };

const attempt: Attempt = { cast: () => cast, type, fields: () => ({ id: known.id }) };
const prepared = () => ({
  ...scriptFields(known.key),
  description: 'Prepared',
  executionCode: 'return "draft";',
  path: `/webhooks/to/${known.key}`,
});
const save = async (fields: Record<string, unknown> = {}, who?: Record<string, string>) => {
  const sent = { id: known.id, ...prepared(), ...fields };
  const answer = await cast.signalbox.command('SaveWebHookConfigDraftCommand', sent, who);
  expect(answer.body).toMatchObject({ success: true });
};

beforeAll(async () => {
  cast = await startWithRoles();
});
beforeEach(async () => {
  known = (await cast.signalbox.createConfig(`drafted-${++made}`)) as typeof known;
  await save();
});
afterAll(() => cast.stop());

describe('PublishWebHookConfigDraftCommand', () => {
  it('answers the configuration that the draft has become, with the next version and no draft', async () => {
    const answer = await cast.signalbox.command(type, { id: known.id });
    expect(answer.status).toBe(200);
    expect(answer.body).toStrictEqual({
      success: true,
      data: scriptView(known.key, {
        ...prepared(),
        id: known.id,
        ownerId: known['ownerId'],
        version: 2,
        createdAt: known['createdAt'],
      }),
      message: 'Webhook configuration draft published successfully',
    });
    const { body } = await cast.signalbox.command('GetWebHookConfigByIdQuery', { id: known.id });
    expect(body.data).toStrictEqual({ ...answer.body.data, draft: null });
  });

  it('counts for the very next call: new script, new path, and the old path is free', async () => {
    const { url } = cast.signalbox;
    await cast.signalbox.command(type, { id: known.id });
    const moved = await fetch(`${url}/api/webhooks/to/${known.key}`, { method: 'POST' });
    expect(await moved.json()).toMatchObject({ data: 'draft' });
    const old = await fetch(`${url}/api/webhooks/${known.key}`, { method: 'POST' });
    expect(old.status).toBe(404);
  });

  it('makes the publisher the owner, not the one who saved the draft', async () => {
    await save({}, cast.as.designer);
    const { body } = await cast.signalbox.command(type, { id: known.id });
    expect(body.data).toMatchObject({ ownerId: known['ownerId'] });
    await save();
    const other = await cast.signalbox.command(type, { id: known.id }, cast.as.designer);
    expect(other.body.data).toMatchObject({ ownerId: cast.idOf.designer, version: 3 });
  });

  it('writes a version that stays when the next one is published', async () => {
    await cast.signalbox.command(type, { id: known.id });
    await save({ description: 'Third' });
    await cast.signalbox.command(type, { id: known.id });
    const { body } = await cast.signalbox.command<{ items: object[] }>('GetWebHookConfigVersionListQuery', {
      id: known.id,
    });
    expect(body.data.items).toMatchObject([
      { version: 3, description: 'Third' },
      { version: 2, description: 'Prepared' },
      { version: 1, description: known['description'] },
    ]);
  });

  it('takes the current version, and refuses an old one with 409; the draft stays', async () => {
    await cast.signalbox.command('UpdateWebHookConfigCommand', { id: known.id, ...scriptFields(known.key) });
    const stale = await cast.signalbox.command(type, { id: known.id, version: 1 });
    expect(stale.status).toBe(409);
    expect(stale.body).toStrictEqual({
      success: false,
      data: null,
      message: 'Publishing failed',
      errors: ['The configuration has changed: its version is 2'],
      code: 'webhook-config.version-conflict',
    });
    const current = await cast.signalbox.command(type, { id: known.id, version: 2 });
    expect(current.body.data).toMatchObject({ version: 3, description: 'Prepared' });
  });

  it('answers 404 where there is no draft, also after it was published', async () => {
    await cast.signalbox.command(type, { id: known.id });
    const answer = await cast.signalbox.command(type, { id: known.id });
    expect(answer.status).toBe(404);
    expect(answer.body).toMatchObject({
      message: 'Publishing failed',
      errors: ['The configuration has no draft'],
      code: 'webhook-config.draft-not-found',
    });
  });

  it('answers 404 for an id that there is not, and for one of another account', async () => {
    const nobodys = await cast.signalbox.command(type, { id: 999_999 });
    const theirs = await cast.signalbox.command(type, { id: known.id }, cast.as.stranger);
    for (const { status, body } of [nobodys, theirs])
      expect([status, body.code]).toStrictEqual([404, 'webhook-config.not-found']);
  });

  it('answers 409 for an address that was taken meanwhile; the draft stays', async () => {
    await cast.signalbox.createConfig(`quick-${known.key}`, { path: `/webhooks/to/${known.key}` });
    const answer = await cast.signalbox.command(type, { id: known.id });
    expect(answer.status).toBe(409);
    expect(answer.body).toMatchObject({ code: 'webhook-config.address-taken' });
    const { body } = await cast.signalbox.command('GetWebHookConfigByIdQuery', { id: known.id });
    expect(body.data).toMatchObject({ version: 1, hasDraft: true });
  });

  it('lets exactly one of ten who publish at once through', async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => cast.signalbox.command(type, { id: known.id })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 404)).toHaveLength(9);
  });

  it('publishes a draft whole and none that it has not checked, however many are saved meanwhile', async () => {
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        n % 2 === 0
          ? cast.signalbox.command('SaveWebHookConfigDraftCommand', {
              id: known.id,
              ...prepared(),
              description: `Draft ${n}`,
              executionCode: `return "Draft ${n}";`,
            })
          : cast.signalbox.command(type, { id: known.id }),
      ),
    );
    for (const { status, body } of answers) {
      if (status === 404) expect(body.code).toBe('webhook-config.draft-not-found');
      else if (status === 409) expect(body.code).toBe('webhook-config.draft-changed');
      else expect(status).toBe(200);
    }
    const { body } = await cast.signalbox.command<{ items: Record<string, unknown>[]; totalCount: number }>(
      'GetWebHookConfigVersionListQuery',
      { id: known.id, pageSize: 100 },
    );
    const published = answers.filter(({ status }, n) => n % 2 === 1 && status === 200).length;
    expect(body.data.totalCount).toBe(published + 1);
    for (const { version, description, executionCode } of body.data.items) {
      if (version !== 1 && description !== 'Prepared')
        expect(executionCode).toBe(`return "${String(description)}";`);
    }
  });

  it('audits the configuration as it was and as it is', async () => {
    const answer = await cast.signalbox.command(type, { id: known.id });
    expect(await auditRowOf(cast.signalbox, answer)).toMatchObject({
      command: type,
      outcome: 'succeeded',
      before: { ...known, hasDraft: true },
      after: answer.body.data,
    });
  });

  refusesStrangers(attempt);
  refusesRoles(['viewer', 'operator'], 'webhooks:write', attempt);
  refusesInput(attempt, [
    ...badConfigIds,
    [{ version: 0 }, ['Version must be at least 1']],
    [{ description: 'x' }, ['Unknown field "description"']],
  ]);
});
