import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expressionPool, partsWith, programOf, verdictOf } from './expression.fixture.ts';

const pool = expressionPool();

beforeAll(() => pool.start());
afterAll(() => pool.stop(0));

const hostile = JSON.parse(
  '{"__proto__":{"polluted":1,"toJSON":1},"constructor":{"prototype":{"polluted":1}},"polluted":0,"toString":1,"then":2}',
) as object;

describe('an evaluation', () => {
  it.each([
    '=request.body',
    '={"__proto__": {polluted: 1}}',
    '={constructor: {prototype: {polluted: 1}}}',
    '=context put({}, ["__proto__", "polluted"], 1)',
    '=context put({}, ["constructor", "prototype", "polluted"], 1)',
    '=context merge({}, get value(request.body, "__proto__"))',
    '=context([{key: "__proto__", value: {polluted: 1}}])',
    '=(function(__proto__) __proto__)({polluted: 1})',
    '=count.prototype',
    '=(function(x) x).fn',
    '=for __proto__ in [{polluted: 1}] return polluted',
    '=[request.body][toString = 1]',
  ])('leaves nothing to the next: %s', async (expression) => {
    for (const _worker of [1, 2]) await verdictOf(pool, expression, hostile);
    for (const _worker of [1, 2]) {
      expect(await verdictOf(pool, '=[request.body.polluted, {}.polluted, count.polluted]', {})).toEqual({
        kind: 'value',
        value: [null, null, null],
      });
      expect(await verdictOf(pool, '=request.body', { a: 1 })).toEqual({ kind: 'value', value: { a: 1 } });
    }
  });

  it('sees a payload with the names of built-ins as data', async () => {
    expect(await verdictOf(pool, '=request.body.constructor.prototype.polluted', hostile)).toEqual({
      kind: 'value',
      value: 1,
    });
    expect(await verdictOf(pool, '=[request.body.constructor, request.body.toString]', {})).toEqual({
      kind: 'value',
      value: [null, null],
    });
  });

  it.each([
    '=request.constructor',
    '=request.body.constructor.constructor',
    '=count.constructor',
    '=(function(x) x).fn.constructor',
    '=[].constructor',
    '="".constructor',
    '=date("2026-01-01").constructor',
    '=count.caller',
    '=process',
    '=globalThis',
    '=require("fs")',
  ])('reaches nothing of JavaScript: %s', async (expression) => {
    const verdict = await verdictOf(pool, expression, {});
    if (verdict.kind === 'value')
      expect(verdict).toMatchObject({ value: expression === '=[].constructor' ? [] : null });
    else expect(verdict).toMatchObject({ kind: 'failed' });
  });

  it('keeps nothing of its variables for another program', async () => {
    await verdictOf(pool, '={secret: request.body.secret}.secret', { secret: 's3' });
    const outcome = await pool.evaluate(programOf(['=[secret, request.body.secret]']), partsWith({}));
    expect(outcome).toEqual({ kind: 'done', verdicts: [{ kind: 'value', value: [null, null] }] });
  });

  it('does not change what the next step sees', async () => {
    const steps = ['=sort(request.body, function(a, b) a < b)', '=append(request.body, 9)', '=request.body'];
    const outcome = await pool.evaluate(programOf(steps), partsWith([3, 1, 2]));
    expect(outcome).toMatchObject({ verdicts: [{}, {}, { value: [3, 1, 2] }] });
  });
});
