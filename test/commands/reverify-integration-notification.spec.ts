import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Notification,
  notificationById,
  notificationsOf,
  settled,
} from '../integrations/notifications.ts';
import { FakeMono } from '../support/fake-mono.ts';
import { type Cast, startWithRoles } from '../support/roles.ts';
import { until } from '../support/until.ts';
import { auditRowOf } from './support/audit-log.ts';
import { type Attempt, refusesInput, refusesRoles, refusesStrangers } from './support/refusals.ts';

const type = 'ReverifyIntegrationNotificationCommand';
const secret = randomBytes(16).toString('hex');
let cast: Cast;
/** A payment that nobody can be asked about now: its provider's address is one that may not be called. */
let open: Notification;
let counted: Notification;

const attempt: Attempt = { cast: () => cast, type, fields: () => ({ id: open.id }) };

beforeAll(async () => {
  cast = await startWithRoles({
    MONO_WEBHOOK_SECRET: secret,
    REMITA_MERCHANT_ID: '2547916',
    REMITA_API_KEY: randomBytes(16).toString('hex'),
    REMITA_BASE_URL: 'http://127.0.0.1:9',
  });
  const { signalbox } = cast;
  await fetch(`${signalbox.url}/api/webhooks/remita`, {
    method: 'POST',
    body: JSON.stringify({ rrr: '110002071256', amount: 100 }),
  });
  open = await until(async () => (await notificationsOf(signalbox, { kind: 'payment' }))[0] ?? null);
  await new FakeMono(() => `${signalbox.url}/api/webhooks/mono/callback`, secret).send({
    event: 'mono.events.account_updated',
    event_id: 'evt-1',
    data: {},
  });
  counted = await settled(signalbox, { providerId: 'evt-1' });
});
afterAll(() => cast.stop());

describe('ReverifyIntegrationNotificationCommand', () => {
  it('asks once more, at once, and what the provider said is kept', async () => {
    const checksBefore = (await notificationById(cast.signalbox, open.id)).checks.length;
    const answer = await cast.signalbox.command(type, { id: open.id }, cast.as.operator);
    expect([answer.status, answer.body.message]).toStrictEqual([200, 'Notification is being verified']);
    expect(answer.body.data).toMatchObject({ id: open.id, state: 'unverified', outcome: 'pending' });
    const { checks } = await until(async () => {
      const now = await notificationById(cast.signalbox, open.id);
      return now.checks.length > checksBefore ? now : null;
    });
    expect(checks.at(-1)).toMatchObject({ state: 'unverified', detail: expect.stringContaining('Remita') });
    expect(await auditRowOf(cast.signalbox, answer)).toMatchObject({
      command: type,
      outcome: 'succeeded',
      input: { id: open.id },
      before: { state: 'unverified', outcome: 'pending' },
    });
  });

  it('is refused for what has had its effect', async () => {
    const { status, body } = await cast.signalbox.command(type, { id: counted.id });
    expect(status).toBe(409);
    expect(body).toStrictEqual({
      success: false,
      data: null,
      message: 'Verification failed',
      errors: ['The notification is verified, and has had its effect'],
      code: 'integration.not-verifiable',
    });
  });

  it('knows none of another account, and none that there is not', async () => {
    const unknown = await cast.signalbox.command(type, { id: 'ntf_01a20000-0000-7000-8000-000000000000' });
    expect([unknown.status, unknown.body.code]).toStrictEqual([404, 'integration.not-found']);
    const foreign = await cast.signalbox.command(type, { id: open.id }, cast.as.stranger);
    expect([foreign.status, foreign.body]).toStrictEqual([404, unknown.body]);
  });

  refusesStrangers(attempt);
  refusesRoles(['viewer'], 'executions:replay', attempt);
  refusesInput(attempt, [
    [{ id: '' }, ['Id is required']],
    [{ search: 'x' }, ['Unknown field "search"']],
  ]);
});
