import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Signalbox } from '../support/signalbox.ts';
import { type Aftermath, aftermathOf, descendantsOf, openExecutions, outliving } from './aftermath.ts';
import { allKinds, Load, type LoadReport } from './load.ts';
import { between, seeded } from './seeded.ts';

/** What the rounds of killing came to. */
export interface KillRounds {
  kills: number;
  acknowledged: number;
  interrupted: number;
  faults: string[];
  /** Milliseconds from the start of the process until it was ready, the longest. */
  restartMsMax: number;
}

/** On PostgreSQL what a killed process held is free after this time. */
const JOB_LEASE_SECONDS = '4';

/** Everything a user's own environment would say, which a start after a crash needs again. */
export interface CrashSite {
  dataFolder: string;
  apiKey: string;
}

/** A start on the folder of one that has ended; nobody has touched anything in between. */
export function startAgain(
  { dataFolder, apiKey }: CrashSite,
  env: Record<string, string> = {},
): Promise<Signalbox> {
  return Signalbox.start({ dataFolder, env: { ADMIN_API_KEY: apiKey, JOB_LEASE_SECONDS, ...env } });
}

/** Kills the product at random moments under load, starting it again each time on the same folder, and compares. */
export async function killAtRandom(
  site: CrashSite,
  options: { kills: number; callers: number; seed: number; onKill?: (kill: number) => void },
): Promise<KillRounds> {
  const random = seeded(options.seed);
  const rounds: KillRounds = { kills: 0, acknowledged: 0, interrupted: 0, faults: [], restartMsMax: 0 };
  const noted: LoadReport['noted'] = [];
  for (let kill = 1; kill <= options.kills; kill++) {
    const began = performance.now();
    const signalbox = await startAgain(site);
    rounds.restartMsMax = Math.max(rounds.restartMsMax, Math.round(performance.now() - began));
    const load = new Load(signalbox, {
      name: `${options.seed}-${kill}`,
      callers: options.callers,
      kinds: allKinds,
    });
    // Not before it works at all; then any moment within commits, runs, checkpoints.
    await load.untilNoted(between(random, 1, 60));
    await sleep(between(random, 0, 150));
    const started = descendantsOf(signalbox.child.pid!);
    await signalbox.kill();
    const report = await load.stop();
    noted.push(...report.noted);
    rounds.kills = kill;
    rounds.acknowledged += report.noted.length;
    const left = await outliving(started);
    if (left.length > 0) rounds.faults.push(`kill ${kill}: ${left.length} processes outlived the server`);
    options.onKill?.(kill);
  }
  const aftermath = await afterRestart(site, { noted });
  rounds.interrupted = aftermath.interrupted;
  rounds.faults.push(...aftermath.faults, ...aftermath.open);
  return rounds;
}

/** Starts, sees that a call works, stops, and looks at what is stored. */
export async function afterRestart(site: CrashSite, report: Pick<LoadReport, 'noted'>): Promise<Aftermath> {
  const signalbox = await startAgain(site);
  const response = await signalbox.call('alive', 1);
  if (response.status !== 200) throw new Error(`After the restart a call gave ${response.status}`);
  for (const { executionId } of report.noted.slice(-20)) await signalbox.execution(executionId);
  // What was accepted goes on by itself.
  await openExecutions(site.dataFolder);
  await signalbox.stop();
  return aftermathOf(site.dataFolder, report);
}

/** Waits until the process has ended by itself and all that it wrote has arrived. @throws when it does not. */
export async function untilEnded(signalbox: Signalbox, msMax = 50_000): Promise<void> {
  if (signalbox.child.stderr?.closed) return;
  await once(signalbox.child, 'close', { signal: AbortSignal.timeout(msMax) });
}
