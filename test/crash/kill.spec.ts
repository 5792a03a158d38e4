import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import type { FaultPoint } from '../../src/platform/fault-points.ts';
import { rowsOf } from '../support/database.ts';
import { Signalbox } from '../support/signalbox.ts';
import { afterRestart, type CrashSite, killAtRandom, startAgain, untilEnded } from './kill-rounds.ts';
import {
  allKinds,
  bodyOf,
  callOnce,
  type CallKind,
  Load,
  type LoadReport,
  pointsOfLoad,
  prepareLoad,
} from './load.ts';

let site: CrashSite;

async function newSite(): Promise<CrashSite> {
  const dataFolder = mkdtempSync(join(tmpdir(), 'signalbox-crash-'));
  const signalbox = await Signalbox.start({ dataFolder });
  await prepareLoad(signalbox);
  await signalbox.stop();
  return { dataFolder, apiKey: signalbox.apiKey };
}

beforeAll(async () => {
  site = await newSite();
});

afterAll(() => rmSync(site.dataFolder, { recursive: true, force: true }));

const emptyReport = (): LoadReport => ({ noted: [], refusals: [], unanswered: 0, halfAnswers: 0 });

/** One call into a process that ends at the point; what lies there after a restart: its execution, what it made. */
async function callInto(point: string, kind: CallKind, n: string) {
  const before = await rowsOf<{ id: string }>(site.dataFolder, 'SELECT id FROM executions');
  const idsBefore = new Set(before.map(({ id }) => id));
  const signalbox = await startAgain(site, { NODE_ENV: 'test', SIGNALBOX_FAULT_POINT: point });
  const report = emptyReport();
  await callOnce(signalbox, kind, bodyOf(kind, n), report);
  await untilEnded(signalbox);
  expect(signalbox.output).toContain(`fault point ${point} reached`);
  expect(report).toEqual({ ...emptyReport(), unanswered: 1 });
  const { executions, made, faults, open } = await afterRestart(site, report);
  expect([...faults, ...open]).toEqual([]);
  const left = [...executions.values()].filter((row) => row.key === kind && !idsBefore.has(row.id));
  return {
    executions: left.map(({ status, code }) => ({ status, code })),
    made: made.filter((key) => key === `${kind}-${n}`),
  };
}

describe('a server killed at a random moment under load', () => {
  it('starts again by itself five times on the same folder, with every acknowledged execution and its answer', async () => {
    const rounds = await killAtRandom(site, { kills: 5, callers: 20, seed: 7 });
    expect(rounds.faults).toEqual([]);
    expect(rounds.acknowledged).toBeGreaterThan(100);
  }, 120_000);
});

describe('a server killed under load at a fixed point', () => {
  it.each(pointsOfLoad.map((point, index) => ({ point, nth: 11 + 7 * index })))(
    '$point, the $nth time, was there when it died, and loses nothing that it acknowledged',
    async ({ point, nth }) => {
      const env = { NODE_ENV: 'test', SIGNALBOX_FAULT_POINT: `${point}:${nth}` };
      const signalbox = await startAgain(site, env);
      const load = new Load(signalbox, { name: point.replace('.', '-'), callers: 20, kinds: allKinds });
      await untilEnded(signalbox);
      const report = await load.stop();
      expect(signalbox.output).toContain(`fault point ${point} reached`);
      expect(signalbox.child.signalCode).toBe('SIGKILL');
      const { faults, open } = await afterRestart(site, report);
      expect([...faults, ...open]).toEqual([]);
      expect(report.halfAnswers).toBe(0);
    },
    60_000,
  );
});

describe('what a crash leaves of the one call that it cut off', () => {
  const interrupted = { status: 'failed', code: 'execution.interrupted' };
  const succeeded = { status: 'succeeded', code: null };
  const nothing = { executions: [], made: [] };

  const cases: { point: FaultPoint; kind: CallKind; what: string; left: object }[] = [
    { point: 'run.started', kind: 'echo', what: 'nothing of a script that had just begun', left: nothing },
    {
      point: 'during-run',
      kind: 'effect',
      what: 'nothing of a script that had done nothing yet',
      left: nothing,
    },
    {
      point: 'received.committed',
      kind: 'effect',
      what: 'a failed execution, interrupted, of a script about to do something',
      left: { executions: [interrupted], made: [] },
    },
    {
      point: 'commit.before',
      kind: 'effect',
      what: 'a failed execution, interrupted, and the effect of a script that had done something',
      left: { executions: [interrupted], made: ['effect-commit.before'] },
    },
    {
      point: 'commit.before',
      kind: 'native',
      what: 'neither the effect nor the execution of a native command before its commit',
      left: nothing,
    },
    {
      point: 'outcome.committed',
      kind: 'native',
      what: 'both the effect and the execution of a native command after its commit',
      left: { executions: [succeeded], made: ['native-outcome.committed'] },
    },
    {
      point: 'outcome.committed',
      kind: 'echo',
      what: 'the whole execution of a script that was stored and not yet answered',
      left: { executions: [succeeded], made: [] },
    },
  ];
  for (const { point, kind, what, left } of cases) {
    it(`is ${what} (${point})`, async () => {
      expect(await callInto(point, kind, point)).toEqual(left);
    }, 60_000);
  }
});

describe('the variable that arms a fault point', () => {
  it.each([
    ['production', 'commit.before', 'SIGNALBOX_FAULT_POINT ends this process on purpose'],
    ['test', 'no.such-point', 'SIGNALBOX_FAULT_POINT must be one of'],
    ['test', 'commit.before:0', 'SIGNALBOX_FAULT_POINT must be one of'],
  ])('stops the start with a sentence where it has no place: %s, %s', (NODE_ENV, point, sentence) => {
    expect(() => readConfig({ NODE_ENV, SIGNALBOX_FAULT_POINT: point })).toThrow(sentence);
  });

  it('arms nothing where it is not set', () => {
    expect(readConfig({ NODE_ENV: 'production' }).faultPoint).toBeNull();
  });
});
