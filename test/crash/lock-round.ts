import { setTimeout as sleep } from 'node:timers/promises';
import { lockForWriting } from '../support/database-lock.ts';
import { Signalbox } from '../support/signalbox.ts';
import { aftermathOf, openExecutions } from './aftermath.ts';
import { Load, prepareLoad, type Refusal } from './load.ts';

/** What health said at one moment of a trouble. */
export interface HealthProbe {
  live: number;
  liveMs: number;
  ready: number;
  readyMs: number;
  checks: Record<string, string>;
}

/** What callers and health saw while another process held the database. */
export interface LockRound {
  acknowledgedBefore: number;
  /** Of calls that were sent while the lock was held. */
  acknowledgedDuring: number;
  acknowledgedAfter: number;
  refusals: Refusal[];
  unanswered: number;
  probes: HealthProbe[];
  /** Milliseconds from the end of the lock to a ready server and to an acknowledged call. */
  readyAgainMs: number;
  workingAgainMs: number;
  faults: string[];
  /** Executions that are left open although the server works again. */
  open: string[];
}

/** Asks both health addresses once. */
export async function probeHealth({ url }: Signalbox): Promise<HealthProbe> {
  const began = performance.now();
  const live = await fetch(`${url}/health/live`, { signal: AbortSignal.timeout(10_000) });
  await live.body?.cancel();
  const liveMs = performance.now() - began;
  const ready = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(10_000) });
  const { checks } = (await ready.json()) as { checks: Record<string, string> };
  return {
    live: live.status,
    liveMs,
    ready: ready.status,
    readyMs: performance.now() - began - liveMs,
    checks,
  };
}

/** Waits until the server is ready again. @returns how long that took, or -1. */
export async function untilReadyAgain(signalbox: Signalbox, msMax = 15_000): Promise<number> {
  const began = performance.now();
  while (performance.now() - began < msMax) {
    if ((await probeHealth(signalbox)).ready === 200) return Math.round(performance.now() - began);
    await sleep(50);
  }
  return -1;
}

/** Holds an exclusive lock on the database of a server under load, as a careless backup would, and compares afterwards. */
export async function lockRound(options: { lockMs: number; callers: number }): Promise<LockRound> {
  const signalbox = await Signalbox.start();
  try {
    await prepareLoad(signalbox);
    const before = new Load(signalbox, { name: 'before', callers: options.callers });
    await before.untilNoted(50);
    const locker = await lockForWriting(signalbox.dataFolder);
    await before.stop();
    const during = new Load(signalbox, { name: 'during', callers: options.callers });
    const probes: HealthProbe[] = [];
    const deadline = Date.now() + options.lockMs;
    while (Date.now() < deadline) {
      probes.push(await probeHealth(signalbox));
      await sleep(200);
    }
    const acknowledgedDuring = during.report.noted.length;
    await locker.release();
    const began = performance.now();
    const readyAgainMs = await untilReadyAgain(signalbox);
    await during.untilNoted(acknowledgedDuring + 1);
    const workingAgainMs = Math.round(performance.now() - began);
    await during.untilNoted(acknowledgedDuring + 50);
    await during.stop();
    const noted = [...before.report.noted, ...during.report.noted];
    const { faults } = await aftermathOf(signalbox.dataFolder, { noted });
    return {
      acknowledgedBefore: before.report.noted.length,
      acknowledgedDuring,
      acknowledgedAfter: during.report.noted.length - acknowledgedDuring,
      refusals: [...before.report.refusals, ...during.report.refusals],
      unanswered: before.report.unanswered + during.report.unanswered,
      probes,
      readyAgainMs,
      workingAgainMs,
      faults,
      open: await openExecutions(signalbox.dataFolder),
    };
  } finally {
    await signalbox.stop();
  }
}

/** Refusals that do not say what they have to: 503, when to come again, and why. */
export function badRefusals(refusals: readonly Refusal[]): Refusal[] {
  return refusals.filter(({ status, retryAfter, body }) => {
    const { success, errors } = JSON.parse(body) as { success: boolean; errors: string[] };
    return (
      status !== 503 || !(Number(retryAfter) >= 1) || success || !errors.every((text) => text.length > 10)
    );
  });
}
