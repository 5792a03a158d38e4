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

const type = 'DiscardWebHookConfigDraftCommand';
let cast: Cast;
let made = 0;
let known: Record<string, unknown> & { id: number; key: string };
let draft: object;

const attempt: Attempt = { cast: () => cast, type, fields: () => ({ id: known.id }) };

beforeAll(async () => {
  cast = await startWithRoles();
});
beforeEach(async () => {
  known = (await cast.signalbox.createConfig(`drafted-${++made}`)) as typeof known;
  const fields = { id: known.id, ...scriptFields(known.key), description: 'Prepared' };
  const saved = await cast.signalbox.command<{ draft: object }>('SaveWebHookConfigDraftCommand', fields);
  draft = saved.body.data.draft;
});
afterAll(() => cast.stop());

describe('DiscardWebHookConfigDraftCommand', () => {
  it('takes the draft away and leaves the configuration as it is', async () => {
    const answer = await cast.signalbox.command(type, { id: known.id });
    expect(answer.status).toBe(200);
    expect(answer.body).toStrictEqual({
      success: true,
      data: { id: known.id, key: known.key, discardedAt: isoTime },
      message: 'Webhook configuration draft discarded successfully',
    });
    const { body } = await cast.signalbox.command('GetWebHookConfigByIdQuery', { id: known.id });
    expect(body.data).toStrictEqual({ ...known, draft: null });
    const lookup = await cast.signalbox.command('LookupWebHookByKeyCommand', { key: known.key });
    expect(lookup.body.data).toStrictEqual(known);
  });

  it('answers 404 where there is no draft', async () => {
    await cast.signalbox.command(type, { id: known.id });
    const answer = await cast.signalbox.command(type, { id: known.id });
    expect(answer.status).toBe(404);
    expect(answer.body).toStrictEqual({
      success: false,
      data: null,
      message: 'Discarding failed',
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

  it('audits what was thrown away', async () => {
    const answer = await cast.signalbox.command(type, { id: known.id });
    expect(await auditRowOf(cast.signalbox, answer)).toMatchObject({
      command: type,
      outcome: 'succeeded',
      before: draft,
      after: null,
    });
  });

  refusesStrangers(attempt);
  refusesRoles(['viewer', 'operator'], 'webhooks:write', attempt);
  refusesInput(attempt, badConfigIds);
});
