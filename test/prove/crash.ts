import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Signalbox } from '../support/signalbox.ts';
import { afterRestart, type CrashSite, killAtRandom, startAgain, untilEnded } from '../crash/kill-rounds.ts';
import { allKinds, Load, pointsOfLoad, prepareLoad } from '../crash/load.ts';

/** Kills at random moments under load and at each fixed point; the data folder is the same all along. */
export async function prove({
  kills = 100,
  callers = 20,
  seed = Date.now() % 1_000_000,
}: Record<string, number> = {}) {
  const dataFolder = mkdtempSync(join(tmpdir(), 'signalbox-prove-'));
  try {
    const first = await Signalbox.start({ dataFolder });
    await prepareLoad(first);
    await first.stop();
    const site = { dataFolder, apiKey: first.apiKey };
    const rounds = await killAtRandom(site, { kills, callers, seed, onKill });
    const faults = [...rounds.faults];
    for (const [index, point] of pointsOfLoad.entries()) {
      faults.push(...(await killAt(site, `${point}:${10 + 13 * index}`, callers)));
    }
    if (faults.length > 0) throw new Error(`seed ${seed}\n${faults.slice(0, 20).join('\n')}`);
    return {
      'random kills': rounds.kills,
      'fixed points': pointsOfLoad.join(', '),
      callers,
      seed,
      acknowledged: rounds.acknowledged,
      'of these lost': 0,
      'ended as interrupted': rounds.interrupted,
      'longest restart, ms': rounds.restartMsMax,
    };
  } finally {
    rmSync(dataFolder, { recursive: true, force: true });
  }
}

function onKill(kill: number): void {
  if (kill % 10 === 0) process.stdout.write(`${kill} kills\n`);
}

async function killAt(site: CrashSite, point: string, callers: number): Promise<string[]> {
  const signalbox = await startAgain(site, { NODE_ENV: 'test', SIGNALBOX_FAULT_POINT: point });
  const load = new Load(signalbox, { name: point.replace(/\W/g, '-'), callers, kinds: allKinds });
  await untilEnded(signalbox);
  const report = await load.stop();
  const wasReached = signalbox.output.includes(`fault point ${point.split(':')[0]} reached`);
  const { faults, open } = await afterRestart(site, report);
  return [...(wasReached ? [] : [`${point} was not reached`]), ...faults, ...open];
}
