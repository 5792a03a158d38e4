import { Agent, request as send } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jsonHeaders, type WebHookAnswer } from '../features/webhook-router/index.ts';
import { ok, PlainServer, post, until, WEBHOOK } from '../../test/support/plain-server.ts';

let server: PlainServer;

beforeEach(async () => {
  server = await PlainServer.start();
});
afterEach(() => server.stop());

describe('a caller of', () => {
  it.each<[who: string, call: () => Promise<string>]>([
    [
      'fetch',
      async () =>
        await (
          await fetch(`http://127.0.0.1:${server.port}${WEBHOOK}`, { method: 'POST', body: 'a' })
        ).text(),
    ],
    [
      'an agent that keeps its connections',
      () =>
        new Promise((resolve, reject) => {
          const agent = new Agent({ keepAlive: true });
          const asked = send({ port: server.port, path: WEBHOOK, method: 'POST', agent }, (response) => {
            response.on('data', (chunk: Buffer) => resolve(chunk.toString()));
            response.on('end', () => agent.destroy());
          });
          asked.on('error', reject).end('a');
        }),
    ],
  ])('%s comes in plain', async (_who, call) => {
    expect(await call()).toBe('ok a');
    expect(server.calls).toEqual(['plain a']);
  });
});

describe('an answer has the bytes that Node gives it', () => {
  it.each<[what: string, answer: WebHookAnswer, executionId: string | null]>([
    ['with an execution', ok, 'exec_1'],
    ['without one', ok, null],
    ['in JSON', { status: 200, headers: jsonHeaders, body: '{"a":"é"}' }, 'exec_1'],
    ['beyond ASCII', { ...ok, body: 'é – 漢 – 😀' }, 'exec_1'],
    ['with half a character', { ...ok, body: '\ud83d' }, 'exec_1'],
    ['without a body', { ...ok, body: '' }, 'exec_1'],
    ['of 204', { status: 204, headers: { 'x-a': 'b' }, body: 'never sent' }, 'exec_1'],
    ['of 304', { status: 304, headers: {}, body: '' }, null],
    ['of a status without a name', { ...ok, status: 599 }, null],
    ['with a header of many values', { ...ok, headers: { link: ['<a>', '<b>'], 'X-A': '' } }, null],
    ['with a header beyond ASCII', { ...ok, headers: { 'x-a': 'caf\u00e9' } }, null],
    ['of 200,000 characters', { ...ok, body: 'é'.repeat(200_000) }, null],
  ])('%s', async (_what, answer, executionId) => {
    server.answers = (exchange) => exchange.answer(answer, executionId);
    for (const lines of [[], ['Connection: close']]) {
      const [plainOne, nodes] = [server.newCaller(), server.newCaller()];
      await plainOne.say(post('plain', ...lines));
      await nodes.say(post('node', ...lines, 'Expect: 100-continue'));
      const ofNode = () => nodes.text.split('HTTP/1.1 100 Continue\r\n\r\n')[1] ?? '';
      await until(() => plainOne.text !== '' && plainOne.text.length === ofNode().length);
      expect(undated(plainOne.text)).toBe(undated(ofNode()));
      if (lines.length > 0) await until(() => plainOne.isClosed && nodes.isClosed);
      else expect([plainOne.isClosed, nodes.isClosed]).toEqual([false, false]);
    }
    expect(new Set(server.calls)).toEqual(new Set(['plain plain', 'node node']));
  });

  it('and a header that would be two lines is never sent', async () => {
    const thrown: unknown[] = [];
    server.answers = (exchange) => {
      try {
        exchange.answer({ ...ok, headers: { 'x-a': 'b\r\nx-c: d' } }, null);
      } catch (error) {
        thrown.push(error);
        exchange.answer(ok, null);
      }
    };
    const caller = server.newCaller();
    await caller.say(post('a'));
    await caller.hears(1);
    expect(thrown).toEqual([expect.objectContaining({ code: 'ERR_INVALID_CHAR' })]);
    expect(caller.text).not.toContain('x-c');
  });
});

/** Dates differ by the second. */
function undated(text: string): string {
  expect(text).toMatch(/\r\nDate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n/);
  return text.replace(/\r\nDate: [^\r]+/, '\r\nDate: now');
}
