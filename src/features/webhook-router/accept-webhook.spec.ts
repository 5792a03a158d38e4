import { beforeEach, describe, expect, it } from 'vitest';
import { AcceptWebHook } from './accept-webhook.ts';
import { AcceptedRuns } from './accepted-runs.ts';
import type { WebHookReply } from './answer-in-time.ts';
import type { IdempotentCalls } from './idempotent-calls.ts';
import type { RunRecord } from './run-record.ts';
import { failureAnswer, type WebHookAnswer } from './webhook-answer.ts';
import { ownerDisabled } from './webhook.errors.ts';
import type { WebHookRun } from './webhook-run.ts';
import type { WebHookTickets } from './webhook-ticket.ts';

const run = {
  id: 'exe_1',
  body: Buffer.from('{}'),
  admitted: { receivedAt: 0, route: { config: { id: 1, accountId: 'default' } } },
} as unknown as WebHookRun;
const accepted202 = { status: 202 } as WebHookAnswer;
let atHand: AcceptedRuns;

beforeEach(() => {
  atHand = new AcceptedRuns();
  atHand.open();
});

function accepting(reply: WebHookReply, record: Partial<RunRecord> = {}): AcceptWebHook {
  const idempotent = { enter: () => ({ ended: Promise.resolve(reply) }) } as unknown as IdempotentCalls;
  const tickets = { accepted: () => accepted202 } as unknown as WebHookTickets;
  return new AcceptWebHook(record as RunRecord, idempotent, atHand, tickets);
}

const keyed = { orderingKey: null, idempotencyKey: 'evt_1' };

describe('a call that is accepted', () => {
  it('stays at hand for its job', async () => {
    await accepting({ answer: accepted202, executionId: 'exe_1' }).accept(run, keyed);
    expect(atHand.take('exe_1')).toBe(run);
  });

  it('does not where no job of this process takes it', async () => {
    atHand = new AcceptedRuns();
    await accepting({ answer: accepted202, executionId: 'exe_1' }).accept(run, keyed);
    expect(atHand.take('exe_1')).toBeNull();
  });

  it.each([
    ['is a repeat', { answer: accepted202, executionId: 'exe_0' }],
    ['could not be stored', { answer: failureAnswer(ownerDisabled()), executionId: 'exe_1' }],
  ])('leaves nothing behind where it %s', async (_what, reply) => {
    expect(await accepting(reply).accept(run, keyed)).toBe(reply);
    expect(atHand.take('exe_1')).toBeNull();
  });

  it('leaves nothing behind where it has no key and could not be stored', async () => {
    const record = { accept: () => Promise.reject(new Error('The disk is full')) };
    const acceptance = accepting({ answer: accepted202, executionId: '' }, record);
    await expect(acceptance.accept(run, { orderingKey: null, idempotencyKey: null })).rejects.toThrow('full');
    expect(atHand.take('exe_1')).toBeNull();
  });
});
