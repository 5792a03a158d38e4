import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isPostgres, rowsOf } from '../support/database.ts';
import type { Signalbox } from '../support/signalbox.ts';
import { openExecutions, outliving } from './aftermath.ts';
import { startAgain } from './kill-rounds.ts';
import { startTraced } from './traced.ts';

/**
 * Each thread's fsyncs from this one on fail: some seven are over when the server is ready. What a commit is for, a call,
 * its effect or its outcome, goes round as the threads do, by threes and by fours.
 */
const FAILING = 40;
const FAILURES = 6;
const CALLS_MAX = 400;
const REFUSALS = 4;
const KILLS = 3;
const executionCode = `const { success } = doCmd('PublishEventCommand', { type: 'made', payload: context.body });
  return { made: success };`;

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'signalbox-fsync-fails-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Starts with a disk on which each thread's fsyncs fail from one to another. */
function startOn(site: { dataFolder: string; apiKey?: string }, log: string, [from, to]: [number, number]) {
  const fails = `inject=fsync:error=EIO:when=${from}..${to}`;
  return startTraced(['-y', '-e', 'trace=fsync', '-e', fails, '-o', log], site);
}

const failedSyncs = (log: string): number =>
  readFileSync(log, 'utf8')
    .split('\n')
    .filter((line) => line.includes('.db-wal>') && line.includes('(INJECTED)')).length;

interface Told {
  status: number;
  retryAfter: string | null;
  text: string;
}

async function callWith(signalbox: Signalbox, key: string): Promise<Told> {
  const response = await signalbox.call('keyed', { key });
  return {
    status: response.status,
    retryAfter: response.headers.get('retry-after'),
    text: await response.text(),
  };
}

/** Repeats what is refused, as senders do. */
async function repeatedWhileRefused(signalbox: Signalbox, key: string, triesMax = 30): Promise<Told> {
  let told = await callWith(signalbox, key);
  for (let n = 1; told.status === 503 && n < triesMax; n++) told = await callWith(signalbox, key);
  return told;
}

type Stored = Map<string, { executions: number; events: number }>;

/** For each idempotency key how many executions and events there are. */
async function storedFor(dataFolder: string): Promise<Stored> {
  const rows = await rowsOf<{ key: string; executions: number; events: number }>(
    dataFolder,
    `SELECT idempotency_key AS key, count(*) AS executions,
        sum((SELECT count(*) FROM events WHERE events.execution_id = executions.id)) AS events
      FROM executions WHERE idempotency_key IS NOT NULL GROUP BY idempotency_key`,
  );
  return new Map(rows.map(({ key, executions, events }) => [key, { executions, events }]));
}

/** The keys that are not there once, with the effect that their answer tells of. */
function storedOtherwise(stored: Stored, taken: ReadonlyMap<string, Told>): string[] {
  const wrong = [...taken].filter(([key, { text }]) => {
    const events = text.includes('"made":true') ? 1 : 0;
    return JSON.stringify(stored.get(key)) !== JSON.stringify({ executions: 1, events });
  });
  return wrong.map(([key]) => key);
}

// On PostgreSQL it is the server that synchronises, and one that cannot stops by itself.
describe.skipIf(isPostgres)('a disk whose fsync fails for a moment', () => {
  const taken = new Map<string, Told>();
  const refused: Told[] = [];
  let log: string;
  let dataFolder: string;
  let open: string[];

  beforeAll(async () => {
    [log, dataFolder] = [join(folder, 'moment.log'), join(folder, 'moment')];
    const { signalbox, stop } = await startOn({ dataFolder }, log, [FAILING, FAILING + FAILURES - 1]);
    try {
      await signalbox.createConfig('keyed', { idempotency: { key: '=request.body.key' }, executionCode });
      for (let n = 0; n < CALLS_MAX && refused.length < REFUSALS; n++) {
        const told = await callWith(signalbox, `call-${n}`);
        if (told.status === 503) refused.push(told);
        taken.set(
          `call-${n}`,
          told.status === 503 ? await repeatedWhileRefused(signalbox, `call-${n}`) : told,
        );
      }
      open = await openExecutions(dataFolder);
    } finally {
      await stop();
    }
  }, 120_000);

  it('refuses the calls that it cannot store, and says when to come again', () => {
    expect(failedSyncs(log)).toBeGreaterThan(0);
    expect(refused).not.toEqual([]);
    for (const { retryAfter } of refused) expect(Number(retryAfter)).toBeGreaterThan(0);
  });

  it('takes them when they are repeated, by itself, and ends them all', () => {
    expect(open).toEqual([]);
    expect([...taken.values()].filter(({ status }) => status !== 200)).toEqual([]);
  });

  it('has each key once, with the effect that its answer tells of', async () => {
    const stored = await storedFor(dataFolder);
    expect(storedOtherwise(stored, taken)).toEqual([]);
    expect(stored.size).toBe(taken.size);
  });
});

describe.skipIf(isPostgres)('a process that is killed right after a commit whose fsync failed', () => {
  const site = { dataFolder: '', apiKey: randomBytes(24).toString('hex') };
  /** What the repeated call was told after the restart. */
  const taken = new Map<string, Told>();
  const logs: string[] = [];
  const open: string[] = [];

  beforeAll(async () => {
    site.dataFolder = join(folder, 'kill');
    for (let kill = 0; kill < KILLS; kill++) {
      const key = await killAfterRefusal(kill);
      const signalbox = await startAgain(site);
      taken.set(key, await repeatedWhileRefused(signalbox, key));
      open.push(...(await openExecutions(site.dataFolder)));
      await signalbox.stop();
    }
  }, 180_000);

  /** @returns the key of the call that was refused last. */
  async function killAfterRefusal(kill: number): Promise<string> {
    const log = join(folder, `kill-${kill}.log`);
    logs.push(log);
    const { signalbox, pid } = await startOn(site, log, [FAILING + kill, 9_999]);
    if (kill === 0)
      await signalbox.createConfig('keyed', { idempotency: { key: '=request.body.key' }, executionCode });
    for (let n = 0; n < CALLS_MAX; n++) {
      const key = `kill-${kill}-${n}`;
      const { status } = await callWith(signalbox, key);
      if (status !== 503) continue;
      process.kill(pid, 'SIGKILL');
      await outliving([pid]);
      await signalbox.kill();
      return key;
    }
    throw new Error('No fsync failed');
  }

  it('takes the call when it is repeated, whether the commit shows after the crash or not', () => {
    expect(open).toEqual([]);
    expect(logs.map((log) => failedSyncs(log) > 0)).toEqual(logs.map(() => true));
    expect([...taken.values()].filter(({ status }) => status !== 200)).toEqual([]);
  });

  it('has each key once, with the effect that its answer tells of', async () => {
    const stored = await storedFor(site.dataFolder);
    expect(storedOtherwise(stored, taken)).toEqual([]);
    expect([...stored.values()].filter(({ executions, events }) => executions !== 1 || events > 1)).toEqual(
      [],
    );
  });
});
