import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ScriptPool, type ScriptOutcome } from './index.ts';
import { childPids, scriptRequest } from './script.fixture.ts';

const ONE = { kind: 'returned', json: '1' };
const HANGS_ON_DEMAND = 'if (context.body.hang) for (;;); return 1';
const kindsOf = (outcomes: ScriptOutcome[]) => outcomes.map(({ verdict }) => verdict.kind);

describe('runs beside each other', () => {
  const pool = new ScriptPool({ workers: 2, isolation: 'frozen' });
  const run = (source: string, changes = {}) => pool.run(scriptRequest(source, changes));
  const makeFast = async (source: string) => {
    for (let time = 0; time < 10; time += 1) await run(source);
  };
  beforeAll(() => pool.start());
  afterAll(() => pool.stop(0));

  it('each get their own result, however many there are', async () => {
    const source = 'return context.body.n * 2';
    const outcomes = await Promise.all(
      Array.from({ length: 2000 }, (_, n) => run(source, { body: Buffer.from(JSON.stringify({ n })) })),
    );
    expect(outcomes.map(({ verdict }) => verdict)).toEqual(
      Array.from({ length: 2000 }, (_, n) => ({ kind: 'returned', json: String(n * 2) })),
    );
  });

  it('of many programs are kept apart when there are more than a worker holds', async () => {
    const outcomes: ScriptOutcome[] = [];
    for (let round = 0; round < 2; round += 1) {
      outcomes.push(...(await Promise.all(Array.from({ length: 60 }, (_, n) => run(`return ${n} + 0`)))));
    }
    expect(outcomes.map(({ verdict }) => verdict)).toEqual(
      Array.from({ length: 120 }, (_, n) => ({ kind: 'returned', json: String(n % 60) })),
    );
  });

  it('survive one that is killed in front of them', async () => {
    await makeFast(HANGS_ON_DEMAND);
    const hang = run(HANGS_ON_DEMAND, { body: Buffer.from('{"hang":true}'), limits: { runningMs: 6000 } });
    const startedAt = performance.now();
    const others = await Promise.all(Array.from({ length: 40 }, () => run(HANGS_ON_DEMAND)));
    expect(performance.now() - startedAt).toBeLessThan(5900);
    expect(others.every(({ verdict }) => verdict.kind === 'returned')).toBe(true);
    expect((await hang).verdict).toMatchObject({ limit: 'running-time' });
  });

  it('survive many that are killed at once, each with its own verdict', async () => {
    await makeFast(HANGS_ON_DEMAND);
    const outcomes = await Promise.all(
      Array.from({ length: 60 }, (_, n) =>
        run(HANGS_ON_DEMAND, { body: Buffer.from(`{"hang":${n % 10 === 0}}`), limits: { runningMs: 500 } }),
      ),
    );
    expect(kindsOf(outcomes)).toEqual(
      Array.from({ length: 60 }, (_, n) => (n % 10 === 0 ? 'limit' : 'returned')),
    );
  });

  it('that wait for a call do not hold up others, and are called once each', async () => {
    const source = `return doCmd('Wait', { id: context.body.id }).data`;
    const called: string[] = [];
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const call = async (_: string, input: string) => {
      called.push(input);
      await released;
      return JSON.stringify({ success: true, data: input });
    };
    await Promise.all(
      Array.from({ length: 10 }, (_, n) => run(source, { body: Buffer.from(JSON.stringify({ id: n })) })),
    );
    const waiting = Array.from({ length: 8 }, (_, n) =>
      run(source, { body: Buffer.from(JSON.stringify({ id: n })), call, ownerId: `w${n % 4}` }),
    );
    await makeFast('return 1');
    release();
    const outcomes = await Promise.all(waiting);
    expect(kindsOf(outcomes)).toEqual(Array.from({ length: 8 }, () => 'returned'));
    expect(called.toSorted()).toEqual(Array.from({ length: 8 }, (_, id) => JSON.stringify({ id })));
  });

  it('of one owner never hold the last worker', async () => {
    const hanging = Array.from({ length: 3 }, (_, n) =>
      run(`for (;;); // ${n}`, { limits: { runningMs: 3000 } }),
    );
    const startedAt = performance.now();
    expect((await run('return 1 // another', { ownerId: 'other' })).verdict).toEqual(ONE);
    expect(performance.now() - startedAt).toBeLessThan(2900);
    expect(kindsOf(await Promise.all(hanging))).toEqual(Array.from({ length: 3 }, () => 'limit'));
  });

  it('count their time in all from when they were asked for', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 24 }, (_, n) =>
        run(`for (;;); // late ${n}`, { limits: { runningMs: 200, totalMs: 3000 } }),
      ),
    );
    const names = outcomes.map(({ verdict }) => (verdict.kind === 'limit' ? verdict.limit : verdict.kind));
    expect(names).toContain('running-time');
    expect(names).toContain('total-time');
  });

  /** Before the first script there is one worker: two runs that wait for each other need another. */
  async function twoWorkersAreUp(): Promise<void> {
    const both = Promise.withResolvers<void>();
    let begun = 0;
    const call = async () => {
      begun += 1;
      if (begun === 2) both.resolve();
      await both.promise;
      return '{"success":true}';
    };
    await Promise.all(
      ['one', 'other'].map((ownerId) => run(`doCmd('Begun'); // ${ownerId}`, { ownerId, call })),
    );
  }

  it('end while a hostile one is running', async () => {
    const good = 'return context.body.items.length';
    await makeFast(good);
    await twoWorkersAreUp();
    const besides: number[] = [];
    for (let time = 0; time < 6; time += 1) {
      const state: { isRunning: boolean; verdict?: ScriptOutcome['verdict'] } = { isRunning: false };
      const begun = async () => {
        state.isRunning = true;
        return '{"success":true}';
      };
      const source = `doCmd('Begun'); for (;;); // hostile ${time}`;
      const hostile = run(source, { ownerId: 'hostile', call: begun, limits: { runningMs: 1000 } });
      let ended = 0;
      void hostile.then(({ verdict }) => (state.verdict = verdict));
      while (!state.verdict) {
        const wasRunning = state.isRunning;
        const outcome = await run(good);
        expect(outcome.verdict).toEqual({ kind: 'returned', json: '2' });
        if (wasRunning && !state.verdict) ended += 1;
      }
      expect(state.verdict).toMatchObject({ limit: 'running-time' });
      besides.push(ended);
    }
    expect(Math.min(...besides)).toBeGreaterThan(0);
  });
});

describe('a worker that goes away', () => {
  it('takes only its own run with it, and is replaced', async () => {
    const before = childPids();
    const incidents: string[] = [];
    const pool = new ScriptPool({
      workers: 2,
      isolation: 'frozen',
      onIncident: (message) => incidents.push(message),
    });
    await pool.start();
    const pids = childPids().filter((pid) => !before.includes(pid));
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    let outcome = await pool.run(scriptRequest('return 1'));
    // A run is tried again once by itself, and every worker is dead here.
    while (outcome.verdict.kind === 'unavailable') outcome = await pool.run(scriptRequest('return 1'));
    expect(outcome.verdict).toEqual(ONE);
    expect(incidents.length).toBeGreaterThan(0);
    const slow = pool.run(
      scriptRequest(`doCmd('Die'); return 1`, {
        call: () => {
          for (const pid of childPids().filter((pid) => !before.includes(pid))) process.kill(pid, 'SIGKILL');
          return new Promise<string>(() => {});
        },
      }),
    );
    expect((await slow).verdict.kind).toBe('unavailable');
    outcome = await pool.run(scriptRequest('return 1'));
    while (outcome.verdict.kind === 'unavailable') outcome = await pool.run(scriptRequest('return 1'));
    expect(outcome.verdict).toEqual(ONE);
    await pool.stop(0);
    expect(childPids().filter((pid) => !before.includes(pid))).toEqual([]);
  });
});

describe('runs that wait for a command which checks a script', () => {
  it('never wait for each other, however many owners hold workers', async () => {
    const pool = new ScriptPool({ workers: 2, isolation: 'frozen' });
    await pool.start();
    const call = async () => {
      const fault = await pool.check('return 1;');
      return JSON.stringify({ success: fault === null });
    };
    const runs = Array.from({ length: 60 }, (_, index) =>
      pool.run(
        scriptRequest(`return doCmd('Check').success; // ${index % 4}`, {
          ownerId: `owner ${index % 4}`,
          call,
        }),
      ),
    );
    const verdicts = (await Promise.all(runs)).map(({ verdict }) => verdict);
    await pool.stop(0);
    expect(verdicts).toEqual(verdicts.map(() => ({ kind: 'returned', json: 'true' })));
  }, 20_000);
});
