import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expressionPool, partsWith, programOf, verdictOf } from './expression.fixture.ts';
import type { ExpressionStep } from './index.ts';

const pool = expressionPool();
const body = { eventId: 'evt_1', items: [{ price: 2 }, { price: 5 }], 'first name': 'Ada', 'a-b': 1, a: 7 };

beforeAll(() => pool.start());
afterAll(() => pool.stop(0));

describe('a value leaves as JSON', () => {
  it.each([
    ['=request.body.eventId', 'evt_1'],
    ['=request.method', 'POST'],
    ['= {total: sum(request.body.items.price), n: count(request.body.items)}', { total: 7, n: 2 }],
    ['=request.body.items[price > 2].price', [5]],
    ['=if request.body.eventId = null then 1 else 2', 2],
    ['=request.body.missing.more', null],
    ['=unknown name', null],
    ['=nothing(1)', null],
    ['=1 / 0', null],
    ['="a" + 1', null],
    ['=get value(request.headers, "x-id")', '7'],
    ['=get value(request.body, "first name")', 'Ada'],
    ['=date("2026-02-28") + duration("P1D")', '2026-03-01'],
    ['=date and time("2026-02-28T10:00:00Z")', '2026-02-28T10:00:00Z'],
    ['=time("10:30:00")', '10:30:00'],
    ['=[duration("PT90M"), duration("P14M")]', ['PT1H30M', 'P1Y2M']],
    ['="é😀\\n\\"" // the rest is a comment', 'é😀\n"'],
    ['=for i in 1..3 return i * i', [1, 4, 9]],
    ['=request', { method: 'POST', headers: { 'x-id': '7' }, body }],
  ])('%s', async (expression, value) => {
    expect(await verdictOf(pool, expression, body)).toEqual({ kind: 'value', value });
  });

  it.each([
    ['=[1..5]', 'It gave a range'],
    ['=count', 'It gave a function'],
    ['=function(x) x', 'It gave a function'],
    ['={a: [function(x) x]}', 'It gave a function'],
    ['={toJSON: count}', 'It gave a function'],
    ['=10 ** 400', 'It gave a number that JSON cannot write'],
    ['=date("2026-01-01").value', 'It gave a value that JSON cannot write'],
  ])('or not at all: %s', async (expression, message) => {
    expect(await verdictOf(pool, expression)).toEqual({ kind: 'failed', message });
  });

  it('today() is the day in UTC, and now() has its zone', async () => {
    const before = new Date().toISOString();
    const outcome = await pool.evaluate(programOf(['=today()', '=now()']), partsWith(null));
    const [today, now] = 'verdicts' in outcome ? outcome.verdicts : [];
    expect([before.slice(0, 10), new Date().toISOString().slice(0, 10)]).toContain(
      today && 'value' in today && today.value,
    );
    expect(Date.parse(String(now && 'value' in now && now.value))).toBeGreaterThanOrEqual(
      Date.parse(before) - 1,
    );
  });
});

describe('names in a payload', () => {
  it('do not decide how an expression is read', async () => {
    // FEEL allows such names, and would read them differently for each payload.
    const hostile = { a: 7, b: 2, 'a-b': 1, 'a - b': 1, 'a-request.body.b': 1 };
    expect(await verdictOf(pool, '=request.body.a-request.body.b', hostile)).toEqual({
      kind: 'value',
      value: 5,
    });
  });

  it('and texts in it are never read as expressions', async () => {
    const hostile = { text: '=1 + 1', '=1 + 1': '${1 + 1}', more: '") + (1' };
    expect(await verdictOf(pool, '=request.body', hostile)).toEqual({ kind: 'value', value: hostile });
  });
});

const gate = (text: string): ExpressionStep => ({ kind: 'expression', name: 'Gate', text, isGate: true });

describe('a program', () => {
  it('gives a verdict for each step, in one go', async () => {
    const outcome = await pool.evaluate(programOf(['=1', gate('=true'), '=request.body']), partsWith([3]));
    expect(outcome).toEqual({
      kind: 'done',
      verdicts: [1, true, [3]].map((value) => ({ kind: 'value', value })),
    });
  });

  it.each([
    ['=false', false],
    ['=null', null],
    ['="true"', 'true'],
    ['=1', 1],
  ])('ends at a gate that gives %s', async (text, value) => {
    const outcome = await pool.evaluate(programOf([gate(text), '=1']), partsWith(null));
    expect(outcome).toEqual({ kind: 'done', verdicts: [{ kind: 'value', value }] });
  });

  it('ends at a failure', async () => {
    const outcome = await pool.evaluate(programOf(['=[1..2]', '=1']), partsWith(null));
    expect(outcome).toMatchObject({ kind: 'done', verdicts: [{ kind: 'failed' }] });
    expect('verdicts' in outcome && outcome.verdicts).toHaveLength(1);
  });

  it('that is no program fails with a sentence and harms nobody', async () => {
    expect(await verdictOf(pool, '=1 +')).toEqual({
      kind: 'failed',
      message: 'It failed: it ends too early',
    });
    expect(await verdictOf(pool, '=1')).toEqual({ kind: 'value', value: 1 });
  });

  it('says when a part is not JSON', async () => {
    const parts = [Buffer.from('{}'), Buffer.from('{"a":')];
    expect(await pool.evaluate(programOf(['=1']), parts)).toEqual({ kind: 'unparsable' });
  });

  it('takes a body of 8 MiB that arrives in pieces', async () => {
    const big = { text: 'x'.repeat(8 * 1024 * 1024), n: 1 };
    expect(await verdictOf(pool, '=request.body.n', big)).toEqual({ kind: 'value', value: 1 });
  });
});

describe('the check of an expression', () => {
  it.each([
    ['=request.body.a', null],
    ['= "a" // comment', null],
    ['="// no comment"', null],
    ['request.body', 'it must start with "="'],
    ['', 'it must start with "="'],
    ['=', 'there is nothing after "="'],
    ['= \n ', 'there is nothing after "="'],
    ['=1 +', 'it ends too early'],
    ['=(1', 'it ends too early'],
    ['=1) + (2', 'unexpected ") + (2" (line 1, column 3)'],
    ['={a: 1,\n b: ;}', 'unexpected ";}" (line 2, column 5)'],
    ['=1; 2', 'unexpected "; 2" (line 1, column 3)'],
    ['="a" /* open', expect.stringContaining('unexpected')],
    [`=${'['.repeat(15_000)}`, expect.any(String)],
    [`=${'('.repeat(8_000)}1${')'.repeat(8_000)}`, expect.any(String)],
  ])('%j', async (text, fault) => {
    expect(await pool.checkExpression(text, ['request'])).toEqual(fault);
  });
});
