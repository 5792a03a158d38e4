import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expressionPool, partsWith, programOf } from './expression.fixture.ts';
import { AT_HAND_BYTES_MAX, ESCAPED_BYTES_MAX, PlainPaths } from './plain-paths.ts';

const pool = expressionPool();

beforeAll(() => pool.start());
afterAll(() => pool.stop(0));

const atHand = (expression: string, body: unknown) => programOf([expression]).atHand(partsWith(body));
const gate = (text: string) => ({ kind: 'expression', name: 'Gate', text, isGate: true }) as const;
/** A body of so many names with escapes. */
const named = (names: number) =>
  Buffer.from(`{"id":1,"more":[${Array.from({ length: names }, () => '{"\\n":0}').join(',')}]}`);
const withBody = (bytes: Buffer) =>
  programOf(['=request.body.id']).atHand([...partsWith(null).slice(0, 1), bytes]);

/** What FEEL gives: in brackets it is nothing that is only looked at. */
async function evaluated(expression: string, body: unknown): Promise<unknown> {
  const program = programOf([`=(${expression.slice(1)})`]);
  expect(program.atHand(partsWith(body))).toBeNull();
  const outcome = await pool.evaluate(program, partsWith(body));
  return outcome.kind === 'done' ? outcome.verdicts : outcome;
}

const body = {
  id: 'evt_1',
  text: 'é😀"\\\n\ud800',
  empty: '',
  big: 9_007_199_254_740_992,
  small: -0.5,
  zero: -0,
  yes: true,
  no: false,
  nothing: null,
  constructor: 'own',
  order: { id: 7, _to: { name2: 'x' } },
};
const plain = [
  '=request.method',
  '= request.body.id ',
  '=\nrequest.body.order._to.name2\n',
  ...Object.keys(body)
    .filter((name) => name !== 'order')
    .map((name) => `=request.body.${name}`),
  '={key: request.body.id}',
  '= { key : request.body.id , n: request.body.order.id,\n m: request.method } ',
];

describe('an expression that only names values', () => {
  it.each(plain)('gives what FEEL gives: %j', async (expression) => {
    const verdicts = atHand(expression, body);
    expect(verdicts).not.toBeNull();
    expect(verdicts).toEqual(await evaluated(expression, body));
  });

  // Names of functions, of types and of parts of dates, which FEEL's grammar knows.
  const names =
    'date time duration years days range count list context string number boolean any all sum min max now today get contains item is day'.split(
      ' ',
    );
  it.each(names)('gives what FEEL gives for the name %s', async (name) => {
    const value = { [name]: 'it' };
    for (const expression of [`=request.body.${name}`, `={${name}: request.body.${name}}`]) {
      expect(atHand(expression, value)).toEqual(await evaluated(expression, value));
    }
  });

  it('needs no worker, and counts as an evaluation', async () => {
    const idle = expressionPool();
    const outcome = await idle.evaluate(programOf(['=request.body.id']), partsWith(body));
    expect(outcome).toEqual({ kind: 'done', verdicts: [{ kind: 'value', value: 'evt_1' }] });
    expect(idle.stats().workers).toBe(0);
    expect(idle.figures.evaluations.counts).toMatchObject({ done: 1 });
    await idle.stop(0);
    const late = await idle.evaluate(programOf(['=request.body.id']), partsWith(body));
    expect(late.kind).toBe('unavailable');
  });

  it('ends a program as a gate does', () => {
    const behind = '=request.body.id';
    const verdictsOf = (text: string) => programOf([gate(text), behind]).atHand(partsWith(body));
    expect(verdictsOf('=request.body.yes')).toHaveLength(2);
    for (const text of ['=request.body.no', '=request.body.nothing', '=request.body.id'])
      expect(verdictsOf(text)).toHaveLength(1);
  });
});

describe('is left to a worker', () => {
  it.each([
    '=1',
    '="a"',
    '=request',
    '=body.id',
    '=request.body.id + 1',
    '=request.body.id = "evt_1"',
    '=request.body.order["id"]',
    '=request.body.first name',
    '=request.body.a-b',
    '=request.body.é',
    '=request.body.if',
    '=request.body.__proto__',
    '=request.body.id // it',
    '=request..id',
    '={}',
    '={a: request.body.id,}',
    '={"a": request.body.id}',
    '={a: {b: request.body.id}}',
    '={a: request.body.id, a: request.body.text}',
    '={request: request.body.order, b: request.method}',
    '={__proto__: request.body.id}',
    '=request.body.id\f',
    '=request.body.id\ufeff',
    '=\ufeff{a: request.body.id}',
    '={a\ufeff: request.body.id}',
    '={\u1680a: request.body.id}',
    '={a: request.body.id\u1680}',
    `=request.body${'.a'.repeat(63)}`,
    'request.body.id',
  ])('%j, by what it says', (expression) => {
    const steps = [{ kind: 'expression', name: 'It', text: expression }] as const;
    expect(PlainPaths.of(['request', 'request.body'], steps)).toBeNull();
  });

  it.each([
    ['=request.body.order', 'an object'],
    ['=request.body.items', 'a list'],
    ['=request.body.items.id', 'what a list has'],
    ['=request.body.text.length', 'a part of a text'],
    ['=request.body.missing', 'what is missing'],
    ['=request.body.toString', 'what every object has'],
    ['=request.body.far.id', 'what only nothing could have'],
  ])('%s, %s', (expression) => {
    expect(atHand(expression, { ...body, items: [{ id: 1 }], far: null })).toBeNull();
  });

  it('a number that JSON cannot write, and a name with other spaces', async () => {
    expect(withBody(Buffer.from('{"id":1e999}'))).toBeNull();
    const spaced = { ' id': 5 };
    expect(atHand('=request.body.id', spaced)).toBeNull();
    expect(await evaluated('=request.body.id', spaced)).toEqual([{ kind: 'value', value: 5 }]);
  });

  it('a body that is no JSON: the worker says so', async () => {
    const parts = [...partsWith(null).slice(0, 1), Buffer.from('{"id":')];
    expect(programOf(['=request.body.id']).atHand(parts)).toBeNull();
    expect(await pool.evaluate(programOf(['=request.body.id']), parts)).toEqual({ kind: 'unparsable' });
  });

  it('a call that is large', () => {
    const large = { id: 1, padding: 'x'.repeat(AT_HAND_BYTES_MAX) };
    expect(
      atHand('=request.body.id', { id: 1, padding: 'x'.repeat(AT_HAND_BYTES_MAX - 100) }),
    ).not.toBeNull();
    expect(atHand('=request.body.id', large)).toBeNull();
  });

  it('a result that many entries make large, so that its limit is told', async () => {
    const entries = Array.from({ length: 200 }, (_, n) => `k${n}: request.body.text`);
    const text = { text: 'x'.repeat(7_000) };
    const limited = `={${entries.join(', ')}}`;
    expect(atHand(limited, text)).toBeNull();
    expect(await evaluated(limited, text)).toMatchObject([{ kind: 'limit', limit: 'result-size' }]);
    expect(atHand(`={${entries.slice(0, 9).join(', ')}}`, text)).not.toBeNull();
  });

  it('names with escapes, unless there are few: each is parsed by itself', () => {
    expect(withBody(named(5))).toEqual([{ kind: 'value', value: 1 }]);
    expect(named(200).length).toBeGreaterThan(ESCAPED_BYTES_MAX);
    expect(withBody(named(200))).toBeNull();
  });

  it('a program with a schema, or with one step that is more', () => {
    const schema = { kind: 'schema', name: 'Schema', of: 'request.body', schema: {} } as const;
    expect(programOf([schema, '=request.body.id']).atHand(partsWith(body))).toBeNull();
    expect(programOf(['=request.body.id', '=1 + 1']).atHand(partsWith(body))).toBeNull();
  });
});
