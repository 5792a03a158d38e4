import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BareOrder, FromChild, ToChild } from './bare-vm-child.ts';
import { LONG_ATTACK_MS, bodyOf } from './hostile-attack.ts';
import { neighbourFault } from './hostile-neighbour.ts';
import { corpus } from './hostile/corpus.ts';
import { type HostileScript, type Seen, faultOf, textOf } from './hostile/hostile-script.ts';

const AT_ONCE = 2;
const ALL_MS_MAX = 400_000;
/** The adapter's own time limit is 1 s a call; what has not ended by then will not. */
const EXTRA_MS = 1200;
const RESIDENT_PAGES_MAX = 160_000;
const LOOK_MS = 25;
const CANARY_TEXT = 'nobody touches this';
const SECRET = 'a secret of the environment 4711';
const childFile = join(import.meta.dirname, 'bare-vm-child.ts');

const folder = mkdtempSync(join(tmpdir(), 'signalbox-bare-'));
const contained = new Map<HostileScript, boolean>();
/** Those that have read a secret of the host or touched a file of his: what no slow machine does. */
const takenOver = new Set<HostileScript>();

function residentPages(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ', 2)[1]);
  } catch {
    return 0;
  }
}

/** Kills the child when it has taken too long or too much. */
function watch(child: ChildProcess, msMax: number): () => void {
  const deadline = Date.now() + msMax;
  const timer = setInterval(() => {
    if (Date.now() > deadline || residentPages(child.pid!) > RESIDENT_PAGES_MAX) child.kill('SIGKILL');
  }, LOOK_MS);
  return () => clearInterval(timer);
}

interface Outcome {
  seen: Seen[];
  /** What is wrong with how a neighbour fared; null where nothing is. */
  neighbourFault: string | null;
}

function judgeNeighbour(neighbour: Seen): string | null {
  if (neighbour.kind !== 'returned') return `a neighbour ${neighbour.kind}`;
  const { data } = neighbour;
  return neighbourFault(
    1,
    200,
    JSON.stringify({ success: true, data, message: 'Webhook processed successfully' }),
  );
}

function runBare(script: HostileScript, canaryPath: string): Promise<Outcome> {
  const sources = script.thenSource === undefined ? [script.source] : [script.source, script.thenSource];
  const order: BareOrder = { sources, bodyText: bodyOf(script, canaryPath), calls: script.calls ?? 1 };
  const child = fork(childFile, {
    execArgv: ['--max-old-space-size=200', '--no-warnings'],
    env: { PATH: process.env['PATH'], SECRET, TZ: 'Asia/Kathmandu' },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const tell = (message: ToChild) => child.send(message, () => {});
  const stopWatching = watch(child, 1000 + EXTRA_MS);
  const outcome: Outcome = { seen: [], neighbourFault: 'a neighbour was not answered' };
  let isNeighbourAnswered = false;
  let isLate = false;
  child.on('message', (message: FromChild) => {
    if ('neighbour' in message) {
      isNeighbourAnswered = true;
      outcome.neighbourFault = isLate ? 'a neighbour had to wait' : judgeNeighbour(message.neighbour);
    } else {
      outcome.seen = message.seen;
      isLate = !isNeighbourAnswered && message.ms > LONG_ATTACK_MS;
    }
    if (isNeighbourAnswered && outcome.seen.length > 0) tell('end');
  });
  tell({ order });
  tell({ neighbour: 1 });
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      stopWatching();
      if (code !== 0) outcome.seen.push({ kind: 'died', message: `${code} ${signal}`, logs: [] });
      resolve(outcome);
    });
  });
}

async function isContained(script: HostileScript, index: number): Promise<boolean> {
  const canaryPath = join(folder, `canary-${index}.txt`);
  writeFileSync(canaryPath, CANARY_TEXT);
  const { seen, neighbourFault } = await runBare(script, canaryPath);
  const isSecret = !textOf(seen).includes(SECRET);
  const isUntouched = readFileSync(canaryPath, 'utf8') === CANARY_TEXT;
  if (!isSecret || !isUntouched) takenOver.add(script);
  const areRight = seen.length > 0 && seen.every((one) => faultOf(script, one) === null);
  return isSecret && isUntouched && areRight && neighbourFault === null;
}

const isClimb = ({ kind }: HostileScript) => kind === 'constructor and prototype chains';
const failed = () => corpus.filter((script) => contained.get(script) === false);
/** What is asked of it below: when that has been seen, the rest would tell no more, and takes a minute. */
const isShown = () => failed().length >= corpus.length / 2 && [...takenOver].some(isClimb);

beforeAll(async () => {
  let next = 0;
  const work = async () => {
    while (next < corpus.length && !isShown()) {
      const index = next;
      next += 1;
      contained.set(corpus[index]!, await isContained(corpus[index]!, index));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}, ALL_MS_MAX);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('bare node:vm fails at least half of the hostile scripts', () => {
  expect(failed().length).toBeGreaterThanOrEqual(corpus.length / 2);
});

test('bare node:vm is taken over by scripts that climb constructors', () => {
  expect([...takenOver].some(isClimb)).toBe(true);
});
