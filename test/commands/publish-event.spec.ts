import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rowsOf } from '../support/database.ts';
import { type Cast, startWithRoles } from '../support/roles.ts';
import { auditOf, auditRowOf } from './support/audit-log.ts';
import { sendRaw } from './support/raw-request.ts';
import { type Attempt, isoTime, refusesInput, refusesRoles, refusesStrangers } from './support/refusals.ts';

const type = 'PublishEventCommand';
const eventId: unknown = expect.stringMatching(
  /^evt_[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/,
);
let cast: Cast;

const fields = { type: 'order.paid', payload: { orderId: 7, lines: [{ price: 30 }], note: null } };
const attempt: Attempt = { cast: () => cast, type, fields: () => fields };

beforeAll(async () => {
  cast = await startWithRoles();
});
afterAll(() => cast.stop());

const publish = (input: Record<string, unknown>, headers?: Record<string, string>) =>
  cast.signalbox.command<{ id: string }>(type, { ...fields, ...input }, headers);

async function listed(id: string, headers?: Record<string, string>): Promise<unknown> {
  const { body } = await cast.signalbox.command<{ items: { id: string }[] }>(
    'GetEventListQuery',
    { pageSize: 100 },
    headers,
  );
  return body.data.items.find((item) => item.id === id);
}

describe('PublishEventCommand', () => {
  it('answers the event, and the list has the same', async () => {
    const answer = await publish({}, cast.as.operator);
    expect(answer.status).toBe(200);
    expect(answer.body).toStrictEqual({
      success: true,
      data: {
        id: eventId,
        ...fields,
        accountId: 'default',
        occurredAt: isoTime,
        source: { callerId: cast.idOf.operator, executionId: null },
        deliveriesDisabled: false,
      },
      message: 'Event published successfully',
    });
    expect(await listed(answer.body.data.id)).toStrictEqual(answer.body.data);
  });

  it('keeps an event that is to go to nobody, and says so', async () => {
    const { body } = await publish({ disableEndpoints: true });
    expect(body.data).toMatchObject({ deliveriesDisabled: true });
    expect(await listed(body.data.id)).toStrictEqual(body.data);
  });

  it.each([
    ['an empty object', '{}'],
    ['names of all kinds', '{"__proto__":{"a":1},"constructor":2,"":3,"a b":"\\u0000","ä":"👩‍👧"}'],
    ['numbers and nulls at any depth', '{"a":[1.5e300,-0.1,null,[[[]]],{"b":{"c":false}}]}'],
  ])('takes any JSON object as it is: %s', async (_what, payload) => {
    const { body } = await sendRaw(cast.signalbox, {
      body: `{"$type":"${type}","type":"any","payload":${payload}}`,
    });
    const { data } = body as { data: { id: string; payload: object } };
    expect(JSON.stringify(data.payload)).toBe(JSON.stringify(JSON.parse(payload)));
    expect(JSON.stringify(await listed(data.id))).toBe(JSON.stringify(data));
  });

  it('takes a payload of 256 KiB and not a byte more', async () => {
    const filler = 262_144 - '{"a":""}'.length;
    expect((await publish({ payload: { a: 'x'.repeat(filler) } })).status).toBe(200);
    const over = await publish({ payload: { a: 'x'.repeat(filler - 1) + 'ä' } });
    expect(over.status).toBe(400);
    expect(over.body.errors).toEqual(['Payload must be at most 262144 bytes of JSON']);
  });

  it('keeps the payload readable nowhere in the file, neither beside the event nor in the audit log', async () => {
    const answer = await publish({ payload: { note: 'a text to be looked for' } });
    const audited = await auditRowOf(cast.signalbox, answer);
    expect(audited).toMatchObject({
      command: type,
      outcome: 'succeeded',
      input: { type: 'order.paid', payload: '[not kept in the audit log]' },
      after: { id: answer.body.data.id, type: 'order.paid' },
    });
    const refused = await publish({ type: '..', payload: { note: 'a text to be looked for' } });
    const kept = JSON.stringify([
      audited,
      await auditOf(cast.signalbox, refused),
      await rowOf(answer.body.data.id),
    ]);
    expect(kept).not.toContain('looked for');
  });

  describe('with an idempotency key', () => {
    it('answers the first event again, also where fields come in another order, and makes no second one', async () => {
      const first = await publish({ idempotencyKey: 'order-7' });
      const payload = { note: null, lines: [{ price: 30 }], orderId: 7 };
      const again = await publish({ idempotencyKey: 'order-7', payload });
      expect(again.status).toBe(200);
      expect(again.body.data).toEqual(first.body.data);
      expect(await countOf('order-7')).toBe(1);
    });

    it('makes one event of twenty at once', async () => {
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => publish({ idempotencyKey: 'all at once' })),
      );
      expect(new Set(answers.map(({ body }) => body.data.id)).size).toBe(1);
      expect(await countOf('all at once')).toBe(1);
    });

    it.each([
      ['payload', { payload: { orderId: 8 } }],
      ['type', { type: 'order.sent' }],
    ])('refuses another %s with 409, and stores nothing of it', async (what, other) => {
      const idempotencyKey = `taken by another ${what}`;
      const first = await publish({ idempotencyKey });
      const answer = await publish({ idempotencyKey, ...other });
      expect(answer.status).toBe(409);
      expect(answer.body).toStrictEqual({
        success: false,
        data: null,
        message: 'Idempotency key is taken',
        errors: [
          `The idempotencyKey belongs to the event ${first.body.data.id}, which has another type or payload`,
        ],
        code: 'idempotency.mismatch',
      });
      expect(await countOf(idempotencyKey)).toBe(1);
    });

    it('is told from the same key of another account', async () => {
      const here = await publish({ idempotencyKey: 'shared' });
      const there = await publish({ idempotencyKey: 'shared', payload: { other: 1 } }, cast.as.stranger);
      expect(there.body).toMatchObject({ success: true, data: { accountId: 'elsewhere' } });
      expect(there.body.data.id).not.toBe(here.body.data.id);
    });
  });

  describe('with an account', () => {
    it('publishes there for a caller who is bound to none, and shows it there alone', async () => {
      const { body } = await publish({ accountId: 'elsewhere' });
      expect(body.data).toMatchObject({ accountId: 'elsewhere' });
      expect(await listed(body.data.id)).toBeUndefined();
      expect(await listed(body.data.id, cast.as.stranger)).toStrictEqual(body.data);
    });

    it('lets a bound caller name his own, and knows no other', async () => {
      const own = await publish({ accountId: 'elsewhere' }, cast.as.stranger);
      expect(own.body).toMatchObject({ success: true, data: { accountId: 'elsewhere' } });
      const answer = await publish({ accountId: 'default' }, cast.as.stranger);
      expect(answer.status).toBe(404);
      expect(answer.body).toStrictEqual({
        success: false,
        data: null,
        message: 'Account not found',
        errors: ['There is no account "default"'],
        code: 'access.account-not-found',
      });
    });
  });

  refusesStrangers(attempt);
  refusesRoles(['viewer'], 'events:publish', attempt);
  const typeSentence = 'Type must be letters, digits, hyphens and underscores, with single dots in between';
  refusesInput(attempt, [
    [{ type: undefined }, ['Type is required']],
    [{ type: '' }, ['Type is required']],
    [{ type: 5 }, ['Type must be a string']],
    [{ type: 'order..paid' }, [typeSentence]],
    [{ type: 'x'.repeat(129) }, ['Type must be at most 128 characters long']],
    [{ type: 'order.*' }, [typeSentence]],
    [{ payload: undefined }, ['Payload is required']],
    [{ payload: null }, ['Payload is required']],
    [{ payload: 'text' }, ['Payload must be an object']],
    [{ payload: [1] }, ['Payload must be an object']],
    [{ idempotencyKey: '' }, ['IdempotencyKey is required']],
    [{ idempotencyKey: 'x'.repeat(201) }, ['IdempotencyKey must be at most 200 characters long']],
    [{ disableEndpoints: 'yes' }, ['DisableEndpoints must be true or false']],
    [
      { accountId: 'a b' },
      [
        'AccountId must be 1 to 128 letters, digits, dots, hyphens or underscores, and begin with a letter or a digit',
      ],
    ],
    [{ data: {} }, ['Unknown field "data"']],
  ]);
});

async function rowOf(id: string): Promise<unknown> {
  return (await rowsOf(cast.signalbox.dataFolder, 'SELECT * FROM events WHERE id = ?', [id]))[0];
}

async function countOf(idempotencyKey: string): Promise<unknown> {
  const query = "SELECT count(*) AS n FROM events WHERE idempotency_key = ? AND account_id = 'default'";
  return (await rowsOf(cast.signalbox.dataFolder, query, [idempotencyKey]))[0]!['n'];
}
