import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Notification, settled } from '../integrations/notifications.ts';
import { FakeMono } from '../support/fake-mono.ts';
import { type Cast, startWithRoles } from '../support/roles.ts';
import { auditOf } from './support/audit-log.ts';
import {
  admitsEveryRole,
  type Attempt,
  isoTime,
  refusesInput,
  refusesStrangers,
} from './support/refusals.ts';

const type = 'GetIntegrationNotificationByIdQuery';
const secret = randomBytes(16).toString('hex');
const event = {
  event: 'mono.events.account_connected',
  event_id: 'evt-1',
  timestamp: '2026-01-05T10:00:00.000Z',
  data: { id: 'an account', meta: { ref: 'ref-1' } },
};
let cast: Cast;
let known: Notification;

const attempt: Attempt = { cast: () => cast, type, fields: () => ({ id: known.id }) };

beforeAll(async () => {
  cast = await startWithRoles({ MONO_WEBHOOK_SECRET: secret });
  await new FakeMono(() => `${cast.signalbox.url}/api/webhooks/mono/callback`, secret).send(event);
  known = await settled(cast.signalbox, { providerId: 'evt-1' });
});
afterAll(() => cast.stop());

describe('GetIntegrationNotificationByIdQuery', () => {
  it('answers the notification whole: what was sent, what it says, and what became of it', async () => {
    const answer = await cast.signalbox.command(type, { id: known.id });
    expect([answer.status, answer.body.message]).toStrictEqual([200, 'Notification retrieved successfully']);
    expect(answer.body.data).toStrictEqual({
      accountId: 'default',
      id: known.id,
      provider: 'mono',
      kind: 'mono.events.account_connected',
      providerId: 'evt-1',
      configKey: 'mono',
      state: 'verified',
      outcome: 'counted',
      detail: null,
      ip: '127.0.0.1',
      eventId: expect.stringMatching(/^evt_/),
      executionId: null,
      duplicateOf: null,
      receivedAt: isoTime,
      settledAt: isoTime,
      fields: {
        account: 'an account',
        reference: 'ref-1',
        status: null,
        amount: null,
        occurredAt: '2026-01-05T10:00:00.000Z',
      },
      data: event.data,
      rawBase64: Buffer.from(JSON.stringify(event)).toString('base64'),
      checks: [],
    });
  });

  it('knows none of another account, and none that there is not', async () => {
    const id = 'ntf_01a20000-0000-7000-8000-000000000000';
    const unknown = await cast.signalbox.command(type, { id });
    expect([unknown.status, unknown.body.code]).toStrictEqual([404, 'integration.not-found']);
    const foreign = await cast.signalbox.command(type, { id: known.id }, cast.as.stranger);
    expect([foreign.status, foreign.body]).toStrictEqual([404, unknown.body]);
  });

  it('leaves no audit record', async () => {
    const answer = await cast.signalbox.command(type, { id: known.id });
    expect(await auditOf(cast.signalbox, answer)).toStrictEqual([]);
  });

  refusesStrangers(attempt);
  admitsEveryRole(attempt);
  refusesInput(attempt, [
    [{ id: '' }, ['Id is required']],
    [{ search: 'x' }, ['Unknown field "search"']],
  ]);
});
