import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Signalbox } from '../support/signalbox.ts';

let signalbox: Signalbox;
let made = 0;

beforeAll(async () => {
  signalbox = await Signalbox.start();
  await signalbox.createConfig('neighbour', { activationCondition: '=request.body.n > 0' });
});
afterAll(() => signalbox.stop());

const regexBomb = `${'a'.repeat(40)}!`;

describe('an attack by way of an expression or a schema is stopped, and a neighbour goes on meanwhile', () => {
  it.each([
    ['a loop without an end', { activationCondition: '=for x in 1..1000000000 return x' }, {}],
    [
      'a regular expression in matches()',
      { activationCondition: '=matches(request.body.text, "^(a+)+$")' },
      { text: regexBomb },
    ],
    [
      'a regular expression in a schema',
      { bodySchema: { properties: { text: { pattern: '^(a+)+$' } } } },
      { text: regexBomb },
    ],
    [
      'all compared with all',
      { bodySchema: { properties: { list: { uniqueItems: true } } } },
      { list: Array.from({ length: 20_000 }, (_, n) => ({ n })) },
    ],
    ['a loop in the answer', { responseExpression: '={body: for x in 1..1000000000 return x}' }, {}],
  ])('%s', async (_what, fields, body) => {
    const key = `attack-${++made}`;
    await signalbox.createConfig(key, fields);
    const state = { isOver: false };
    const attacks = Promise.all(
      Array.from({ length: 4 }, async () => {
        const response = await signalbox.call(key, body);
        return { status: response.status, code: ((await response.json()) as { code: string }).code };
      }),
    ).finally(() => (state.isOver = true));
    let answered = 0;
    while (!state.isOver) {
      expect((await signalbox.call('neighbour', { n: ++answered })).status).toBe(200);
    }
    // More than one: they do not wait for the attack to end.
    expect(answered).toBeGreaterThan(2);
    for (const { status, code } of await attacks) {
      expect([500, 503]).toContain(status);
      expect(code).toMatch(/^expression\.(limit-(running-time|memory)|unavailable)$/);
    }
    expect((await attacks).map(({ status }) => status)).toContain(500);
  });

  it('and the server says that it is ready again', async () => {
    const status = async () => (await fetch(`${signalbox.url}/health/ready`)).status;
    await expect.poll(status, { timeout: 15_000 }).toBe(200);
    const { checks } = (await (await fetch(`${signalbox.url}/health/ready`)).json()) as { checks: object };
    expect(checks).toMatchObject({ expressionPool: 'up' });
  });
});
