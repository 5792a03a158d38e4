import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { FROM_WORKER, FrameCutter, RESULTS_HELD_MAX, textFrame, TO_WORKER } from './frames.ts';
import { encodeRun, wantsSync } from './frames-run.ts';
import { ScriptPool, type ScriptOutcome } from './index.ts';
import { childPids, scriptRequest } from './script.fixture.ts';
import { ScriptCrowd } from './script-crowd.ts';
import { launchWorker } from './worker-launch.ts';
import { WorkerPrograms } from './worker-programs.ts';

/** Does what its body says, and is quick where that says nothing. */
const ON_DEMAND = `const { spinMs, hang, bomb, call, n } = context.body;
  if (call) doCmd('Called', { n });
  if (spinMs) for (const end = Date.now() + spinMs; Date.now() < end;);
  if (bomb) for (const all = [];;) all.push(new Array(100000).fill(n));
  if (hang) for (;;);
  return n;`;

type Demand = { spinMs?: number; hang?: boolean; bomb?: boolean; call?: boolean };

function results(outcomes: ScriptOutcome[]): unknown[] {
  return outcomes.map(({ verdict }) => (verdict.kind === 'returned' ? Number(verdict.json) : verdict));
}

const RUNS = 3 * RESULTS_HELD_MAX;
const OTHER = RUNS / 2;

describe('one of many quick runs', () => {
  const incidents: string[] = [];
  const pool = new ScriptPool({
    workers: 2,
    isolation: 'frozen',
    onIncident: (message) => incidents.push(message),
  });
  const calls: string[] = [];
  const call = (_name: string, input: string) => {
    calls.push(input);
    return Promise.resolve('{"success":true}');
  };
  const run = (body: object) =>
    pool.run(scriptRequest(ON_DEMAND, { body: Buffer.from(JSON.stringify(body)), call }));
  /** Of many quick runs at once, more than a worker may hold results of, the one in the middle does something else. */
  const runAround = async (demand: Demand) => {
    const outcomes = await Promise.all(
      Array.from({ length: RUNS }, (_, n) => run({ n, ...(n === OTHER && demand) })),
    );
    return { other: outcomes[OTHER]!, quick: outcomes.filter((_, n) => n !== OTHER) };
  };
  const own = Array.from({ length: RUNS }, (_, n) => n).filter((n) => n !== OTHER);
  beforeAll(async () => {
    await pool.start();
    for (let n = 0; n < 40; n += 1) await run({ n });
  });
  afterEach(async () => {
    calls.length = 0;
    // Until the program counts as quick again.
    for (let n = 0; n < 40; n += 1) await run({ n });
  });
  afterAll(() => pool.stop(0));

  it('that is slow for once is done as well, and no worker is killed for it', async () => {
    const { other, quick } = await runAround({ spinMs: 80 });
    expect(results([...quick, other])).toEqual([...own, OTHER]);
    // The first of these tests: a worker that another one leaves behind may be ended half a second later.
    expect(pool.stats().kills).toBe(0);
  });

  it('that never ends costs the others nothing', async () => {
    const { other, quick } = await runAround({ hang: true });
    expect(results(quick)).toEqual(own);
    expect(other.verdict).toMatchObject({ limit: 'running-time' });
  });

  it('that takes all memory costs the others nothing', async () => {
    const { other, quick } = await runAround({ bomb: true });
    expect(results(quick)).toEqual(own);
    expect(other.verdict).toMatchObject({ kind: 'limit' });
  });

  it('that makes a call and never ends makes it once', async () => {
    const { other, quick } = await runAround({ call: true, hang: true });
    expect(results(quick)).toEqual(own);
    expect(other).toMatchObject({ verdict: { limit: 'running-time' }, calls: 1 });
    expect(calls).toEqual([JSON.stringify({ n: OTHER })]);
  });

  const MEMORY = { kind: 'limit', limit: 'memory' };

  /** Of 200 runs at once, after one worker is ended by the signal: whether all were done; else the first was taken to be at fault. */
  async function areDoneInSpiteOf(signal: NodeJS.Signals): Promise<boolean> {
    const outcomes = Array.from({ length: 200 }, (_, n) => run({ n }));
    for (const pid of childPids().slice(0, 1)) process.kill(pid, signal);
    const given = results(await Promise.all(outcomes));
    const all = Array.from({ length: 200 }, (_, n) => n);
    const blamed = given.findIndex((result, n) => result !== n);
    if (blamed === -1) return true;
    expect(given).toEqual(all.with(blamed, expect.objectContaining(MEMORY) as never));
    return false;
  }

  it('whose worker is killed is done by another', async () => {
    for (let round = 0; round < 4; round += 1) expect(await areDoneInSpiteOf('SIGKILL')).toBe(true);
    expect(incidents).toContain('a script worker went away: SIGKILL');
  });

  it('whose worker crashes is done by another, wherever it could be the fault of more than one', async () => {
    // Where the program was held up just before, it does not count as quick, and who stands first is known to have run.
    let done = 0;
    for (let round = 0; round < 20 && done < 4; round += 1) {
      for (let n = 0; n < 40; n += 1) await run({ n });
      if (await areDoneInSpiteOf('SIGABRT')) done += 1;
    }
    expect(done).toBe(4);
    expect(incidents).toContain('a script worker went away: SIGABRT');
  });
});

describe('a worker', () => {
  const started: ReturnType<typeof launchWorker>[] = [];
  const crowd = new ScriptCrowd(1, false, { onReady: () => {}, onFrame: () => {}, onGone: () => {} });
  beforeAll(() => crowd.start());
  afterAll(() => crowd.stop());
  afterEach(async () => {
    for (const child of started.splice(0)) {
      child.kill('SIGKILL');
      await once(child, 'close');
    }
  });

  /** Sends runs in one write, and waits for the results of the first of them. @returns their numbers, in order. */
  async function firstResults(runs: (Demand & { isQuick: boolean })[], count: number): Promise<number[]> {
    const child = launchWorker(crowd.way);
    started.push(child);
    const socket = child.stdio[3] as Socket;
    const frames: Buffer[] = [];
    const room = (bytes: number): Buffer => {
      const frame = Buffer.allocUnsafe(bytes);
      frames.push(frame);
      return frame;
    };
    const program = { key: 'on demand', source: ON_DEMAND, memoryMb: 64 };
    const programNumber = new WorkerPrograms(room).numberOf(program);
    for (const [n, { isQuick, ...demand }] of runs.entries())
      encodeRun(
        { type: TO_WORKER.run, ticket: n + 1 },
        {
          programNumber,
          bodyKind: 1,
          logsAtOnce: false,
          isQuick,
          callsMax: 10,
          logBytesMax: 1000,
          resultBytesMax: 1000,
          backstopMs: 0,
        },
        { metaJson: '{}', body: Buffer.from(JSON.stringify({ n, ...demand })) },
        room,
      );
    const { promise, resolve } = Promise.withResolvers<void>();
    const tickets: number[] = [];
    const cutter = new FrameCutter();
    // It is killed while it may be writing.
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) =>
      cutter.cut(chunk, ({ type, ticket, payload }) => {
        if (type === FROM_WORKER.ready) socket.write(Buffer.concat(frames));
        if (type === FROM_WORKER.call) socket.write(textFrame(TO_WORKER.reply, ticket, '{"success":true}'));
        if (type !== FROM_WORKER.returned) return;
        tickets.push(ticket - 1);
        if (wantsSync(payload)) socket.write(textFrame(TO_WORKER.sync, 0, ''));
        if (tickets.length === count) resolve();
      }),
    );
    await promise;
    return tickets;
  }

  const quick = { isQuick: true };

  it('keeps no more than some results while it is at another run', async () => {
    // Of twice as many less one, so many have to arrive, wherever one that took longer was sent by itself.
    const runs = Array.from({ length: 2 * RESULTS_HELD_MAX - 1 }, () => quick);
    const results = await firstResults([...runs, { isQuick: true, hang: true }], RESULTS_HELD_MAX);
    expect(results.slice(0, RESULTS_HELD_MAX)).toEqual(Array.from({ length: RESULTS_HELD_MAX }, (_, n) => n));
  });

  it('keeps none while it is at a run that is not quick', async () => {
    expect(await firstResults([quick, quick, quick, { isQuick: false, hang: true }], 3)).toEqual([0, 1, 2]);
  });

  it('keeps none for long', async () => {
    // That of the third waits by itself where one of the first two took so long that both have left already.
    const runs = [quick, quick, { isQuick: true, spinMs: 2 }, { isQuick: true, hang: true }];
    expect((await firstResults(runs, 2)).slice(0, 2)).toEqual([0, 1]);
  });

  it('sends all before a call', async () => {
    const runs = [quick, quick, { isQuick: true, call: true, hang: true }];
    expect(await firstResults(runs, 2)).toEqual([0, 1]);
  });

  it('keeps no result of what made a call: it could not be run again', async () => {
    const runs = [quick, { isQuick: true, call: true }, { isQuick: true, hang: true }];
    expect(await firstResults(runs, 2)).toEqual([0, 1]);
  });
});
