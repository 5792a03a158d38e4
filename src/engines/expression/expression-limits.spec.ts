import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { expressionPool, partsWith, programOf, verdictOf } from './expression.fixture.ts';

const incidents: string[] = [];
const pool = expressionPool((message) => incidents.push(message));
const endless = '=count(for a in 1..3000, b in 1..3000 return a)';

beforeAll(() => pool.start());
afterAll(() => pool.stop(0));
// Its start may have had some: it tries with the fewest rights first.
beforeEach(() => {
  incidents.length = 0;
});

/** Doubles a text `times` times within a context. */
function doubled(times: number): string {
  const lines = Array.from({ length: times }, (_, n) => `v${n + 1}: v${n} + v${n}`);
  return `={v0: "aaaaaaaa", ${lines.join(', ')}, end: upper case(v${times})}.end`;
}

/** A list of two lists of two lists of …, each the same one: short in memory. */
function shared(times: number): string {
  const lines = Array.from({ length: times }, (_, n) => `v${n + 1}: [v${n}, v${n}]`);
  return `={v0: [1], ${lines.join(', ')}}.v${times}`;
}

const deep = (levels: number) => `=${'['.repeat(levels)}1${']'.repeat(levels)}`;
const regexBomb = 'a'.repeat(40);

describe('the limit of', () => {
  it.each([
    ['running time: a loop', endless, expect.stringMatching(/^(memory|running-time)$/)],
    [
      'running time: a regular expression in matches()',
      `=matches("${regexBomb}!", "^(a+)+$")`,
      'running-time',
    ],
    ['running time: one in replace()', `=replace("${regexBomb}!", "^(a+)+$", "b")`, 'running-time'],
    ['running time: one in split()', `=split("${regexBomb}!", "^(a+)+$")`, 'running-time'],
    [
      'memory: a long list',
      '=for x in 1..1000000000 return x',
      expect.stringMatching(/^(memory|running-time)$/),
    ],
    ['memory: a text that doubles', doubled(28), expect.stringMatching(/^(memory|running-time)$/)],
    ['result: a long text', doubled(18), 'result-size'],
    ['result: shared lists', shared(40), 'result-size'],
    ['depth: of the result', deep(65), 'depth'],
    ['depth: endless recursion', '={f: function(n) f(n + 1)}.f(1)', 'depth'],
    ['depth: a function of itself', '=(function(f) f(f))(function(f) f(f))', 'depth'],
  ])('%s', async (_what, expression, limit) => {
    // Each is another's: who was stopped before waits for an idle worker.
    const outcome = await pool.evaluate(programOf([expression], expression), partsWith(null));
    const verdict = outcome.kind === 'done' ? outcome.verdicts[0] : outcome;
    expect(verdict).toEqual({ kind: 'limit', limit, message: expect.any(String) });
  });

  it('result counts small things too, before they are written', async () => {
    const body = Array.from({ length: 600_000 }, () => 1);
    expect(await verdictOf(pool, '=request.body', body)).toMatchObject({
      kind: 'limit',
      limit: 'result-size',
    });
  });

  it('memory is told of a call that is too large to be sent', async () => {
    const huge = Buffer.allocUnsafe(256 * 1_048_576);
    expect(await pool.evaluate(programOf(['=1']), [Buffer.from('{}'), huge])).toMatchObject({
      kind: 'limit',
      limit: 'memory',
    });
    expect(incidents).toEqual([]);
  });

  it('depth lets 64 levels through', async () => {
    expect(await verdictOf(pool, deep(64))).toMatchObject({ kind: 'value' });
  });

  it('running time is told in a sentence that names what ran', async () => {
    const stuck = `=matches("${regexBomb}!", "^(a+)+$")`;
    const outcome = await pool.evaluate(programOf([stuck], 'another'), partsWith(null));
    expect(outcome).toMatchObject({ message: 'It ran longer than 250 ms' });
    expect(incidents).toEqual(['expressions were stopped: It ran too long']);
  });
});

describe('a server that is kept from looking', () => {
  it('charges nobody with that time', async () => {
    const own = expressionPool();
    const before = childPids();
    await own.start();
    const workers = childPids().filter((pid) => !before.includes(pid));
    const signal = (name: NodeJS.Signals) => workers.forEach((pid) => process.kill(pid, name));
    signal('SIGSTOP');
    const evaluated = verdictOf(own, '=1');
    await new Promise(setImmediate);
    // Longer than the limit of 250 ms.
    const until = performance.now() + 400;
    while (performance.now() < until);
    await new Promise((resolve) => setTimeout(resolve, 60));
    signal('SIGCONT');
    expect(await evaluated).toEqual({ kind: 'value', value: 1 });
    await own.stop(0);
  });

  it('nor with that in which his worker got no processor, up to ten times the limit', async () => {
    const before = childPids();
    const own = expressionPool();
    await own.start();
    await verdictOf(own, '=1');
    const workers = childPids().filter((pid) => !before.includes(pid));
    const signal = (name: NodeJS.Signals) => workers.forEach((pid) => process.kill(pid, name));
    signal('SIGSTOP');
    const evaluated = verdictOf(own, '=2');
    // While the pool looks: the limit is 250 ms.
    await new Promise((resolve) => setTimeout(resolve, 600));
    signal('SIGCONT');
    expect(await evaluated).toEqual({ kind: 'value', value: 2 });
    signal('SIGSTOP');
    // Another one's: whoever has once waited so long may not have the last worker, and the second may not be there yet.
    const stuck = await own.evaluate(programOf(['=3'], 'another'), partsWith(null));
    expect(stuck).toMatchObject({ kind: 'limit', limit: 'running-time' });
    await own.stop(0);
  });
});

describe('neighbours', () => {
  it('do not notice who is stopped: what was behind him moves on', async () => {
    const bad = pool.evaluate(programOf([endless], 'bad'), partsWith(null));
    const good = programOf(['=request.body'], 'good');
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, n) => pool.evaluate(good, partsWith(n))),
    );
    expect(answers).toEqual(
      answers.map((_, n) => ({ kind: 'done', verdicts: [{ kind: 'value', value: n }] })),
    );
    expect(await bad).toMatchObject({ kind: 'limit' });
  });

  it('go on while one keeps the pool busy with what must be stopped: he never has the last worker', async () => {
    const first = await pool.evaluate(programOf([endless], 'greedy'), partsWith(null));
    expect(first).toMatchObject({ kind: 'limit' });
    const state = { isOver: false };
    const flood = Promise.all(
      Array.from({ length: 5 }, () => pool.evaluate(programOf([endless], 'greedy'), partsWith(null))),
    ).then((all) => {
      state.isOver = true;
      return all;
    });
    const waits: number[] = [];
    while (!state.isOver) {
      const began = performance.now();
      const outcome = await pool.evaluate(programOf(['=1'], 'neighbour'), partsWith(null));
      expect(outcome).toMatchObject({ kind: 'done' });
      waits.push(performance.now() - began);
      await new Promise(setImmediate);
    }
    for (const { kind } of await flood) expect(kind).toMatch(/^(limit|unavailable)$/);
    // Had they taken turns with him, each of the calls would have waited for somebody's end.
    const longest = waits.toSorted((a, b) => b - a);
    expect(longest[Math.floor(longest.length / 2)]).toBeLessThan(200);
  });

  it('go on while the burst of somebody nobody knew to be slow waits', async () => {
    const burst = Array.from({ length: 100 }, () =>
      pool.evaluate(programOf([endless], 'unknown'), partsWith(null)),
    );
    await new Promise((resolve) => setTimeout(resolve, 20));
    const waits: number[] = [];
    for (let n = 0; n < 10; n++) {
      const began = performance.now();
      expect(await pool.evaluate(programOf(['=1'], 'neighbour'), partsWith(null))).toMatchObject({
        kind: 'done',
      });
      waits.push(performance.now() - began);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    // Two workers may be held for the time that one evaluation may take; what waits behind them is turned away after 5 s.
    expect(Math.max(...waits)).toBeLessThan(4_500);
    for (const { kind } of await Promise.all(burst)) expect(kind).toMatch(/^(limit|unavailable)$/);
  }, 30_000);

  it('in a burst whose first one took long all get their answer', async () => {
    await pool.evaluate(programOf([endless], 'burst'), partsWith(null));
    const burst = Array.from({ length: 1_000 }, () =>
      pool.evaluate(programOf(['=1'], 'burst'), partsWith(null)),
    );
    const kinds = (await Promise.all(burst)).map(({ kind }) => kind);
    expect(new Set(kinds)).toEqual(new Set(['done']));
  });

  it('of one who floods get their turn, and he is told that too much is waiting', async () => {
    await pool.evaluate(programOf([endless], 'flood'), partsWith(null));
    const flood = Array.from({ length: 2_000 }, () =>
      pool.evaluate(programOf(['=1'], 'flood'), partsWith(null)),
    );
    expect(await verdictOf(pool, '=1')).toEqual({ kind: 'value', value: 1 });
    const kinds = (await Promise.all(flood)).map(({ kind }) => kind);
    expect(new Set(kinds)).toEqual(new Set(['done', 'unavailable']));
  });
});

describe('the pool', () => {
  it('leaves no process behind, and answers whoever waits', async () => {
    const own = expressionPool();
    const before = childPids();
    await own.start();
    const children = childPids().filter((pid) => !before.includes(pid));
    expect(children).not.toEqual([]);
    const waiting = own.evaluate(programOf([endless]), partsWith(null));
    await own.stop(0);
    expect(await waiting).toMatchObject({ kind: 'unavailable' });
    expect(own.isReady).toBe(false);
    expect(childPids().filter((pid) => !before.includes(pid))).toEqual([]);
    expect(await own.evaluate(programOf(['=1']), partsWith(null))).toMatchObject({ kind: 'unavailable' });
  });

  it('has no process until somebody needs one', async () => {
    const own = expressionPool();
    const before = childPids();
    expect(own.isReady).toBe(true);
    const three = Array.from({ length: 3 }, () => verdictOf(own, '=1'));
    expect(own.isReady).toBe(false);
    for (const verdict of three) expect(await verdict).toEqual({ kind: 'value', value: 1 });
    expect(own.isReady).toBe(true);
    expect(childPids().length).toBeGreaterThan(before.length);
    await own.stop(0);
    expect(childPids()).toHaveLength(before.length);
  });

  it('leaves no process behind where it is stopped while it starts', async () => {
    const own = expressionPool();
    const before = childPids();
    const waiting = own.evaluate(programOf(['=1']), partsWith(null));
    await own.stop(0);
    expect(await waiting).toMatchObject({ kind: 'unavailable' });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(childPids()).toHaveLength(before.length);
  });

  it('lets what runs finish before it stops', async () => {
    const own = expressionPool();
    await own.start();
    const waiting = own.evaluate(programOf(['=1']), partsWith(null));
    await own.stop(10_000);
    expect(await waiting).toMatchObject({ kind: 'done' });
  });

  it('is whole again after its workers were ended from outside', async () => {
    const own = expressionPool();
    const before = childPids();
    await own.start();
    for (const pid of childPids().filter((pid) => !before.includes(pid))) process.kill(pid, 'SIGKILL');
    expect(await verdictOf(own, '=1')).toEqual({ kind: 'value', value: 1 });
    await own.stop(0);
  });
});

function childPids(): number[] {
  const text = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8').trim();
  return text === '' ? [] : text.split(' ').map(Number);
}
